"""The commands of the checks, of the order of the list, and of its saved filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from lpstudio.studio.menus import context_menu

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace
    from lpstudio.studio.faults.feature import ChecksFeature


def register_checks(checks: ChecksFeature, add: Register) -> None:
    """Register what the pages of faults and label errors can do."""
    fixer, page, workspace = checks.fixer, checks.fault_page, checks.workspace

    def has_project() -> bool:
        return workspace.editor.session is not None

    def no_fix() -> bool:
        session = workspace.editor.session
        return session is not None and not session.project.read_only and not fixer.running

    view = "View"
    add("crop_page", "List of crops", checks.show_crops, menu=view, keys=("Ctrl+Alt+1",), icon="list", separated=True)
    add(
        "fault_page",
        "&Faults in the project",
        checks.show_faults,
        menu=view,
        keys=("Ctrl+Alt+2",),
        icon="triangle-alert",
        tip="All faults of all crops: click one to go there",
        when=has_project,
    )
    add(
        "label_error_page",
        "Likely &label errors",
        checks.show_label_errors,
        menu=view,
        keys=("Ctrl+Alt+3",),
        icon="scan-search",
        tip="Where a model is sure and the label says something else",
        when=has_project,
    )
    for name, word, by, key, mark in (
        ("next_finding", "Next", 1, "F3", "arrow-down"),
        ("previous_finding", "Previous", -1, "Shift+F3", "arrow-up"),
    ):
        title = f"{word} fault or label error"
        add(name, title, lambda by=by: checks.step(by), keys=(key,), icon=mark, separated=by > 0)
    add("check_project", "Check all crops again", checks.check_again, icon="refresh-cw", when=has_project)
    add(
        "fix_crop",
        "Fix what can be fixed on this crop",
        checks.fix_crop,
        keys=("Ctrl+Alt+H",),
        icon="wand-sparkles",
        tip="Cut at the border, take loops and doubles away",
        when=lambda: no_fix() and workspace.editor.editable,
    )
    add("fix_fault", "Fix this fault", page.fix_current, icon="wand-sparkles", when=page.can_fix)
    add("fix_kind", "Fix all faults of this kind…", page.ask_to_fix_kind, icon="wand-sparkles", when=no_fix)
    add("fix_all", "Fix all faults that can be fixed…", checks.fix_all, icon="wand-sparkles", when=no_fix)
    add(
        "undo_fix",
        "Undo the last fix of many crops",
        fixer.undo,
        menu="Edit",
        keys=("Ctrl+Alt+Shift+Z",),
        icon="undo-2",
        when=lambda: no_fix() and bool(fixer.steps),
    )
    add(
        "find_label_errors",
        "Find label errors with the chosen model",
        checks.find_label_errors,
        icon="play",
        tip="Let the chosen weights read every labelled crop",
        when=lambda: has_project() and not checks.model_pass.running,
        separated=True,
    )
    add(
        "stop_reading",
        "Stop looking for label errors",
        checks.model_pass.stop,
        icon="circle-stop",
        when=lambda: checks.model_pass.running,
    )
    add(
        "accept_model",
        "Take what the model says",
        checks.accept_model,
        keys=("F4",),
        icon="check",
        tip="Change the label to what the model says, and go on",
        when=checks.can_settle,
    )
    add(
        "dismiss_finding",
        "The label is right",
        checks.dismiss_finding,
        keys=("Shift+F4",),
        icon="x",
        tip="Keep the label, never show this again, and go on",
        when=lambda: checks.in_queue and checks.error_page is not None and checks.error_page.current is not None,
    )
    add(
        "undo_dismiss",
        "Show the label error dismissed last again",
        checks.model_pass.take_back_dismissal,
        icon="undo-2",
        when=lambda: checks.model_pass.can_take_back,
    )


def register_orders(checks: ChecksFeature, add: Register) -> None:
    """Register the orders of the crop list and its saved filters."""
    workspace: AnnotateWorkspace = checks.workspace
    crops, commands = workspace.crops, workspace.studio.commands

    def available() -> bool:
        return workspace.editor.session is not None

    orders = (
        ("", "as on disk", ""),
        ("name", "by name", "A to Z"),
        ("state", "by state", "Unlabelled first"),
        ("score", "by score", "Those with the least sure character first"),
        ("margin", "by margin", "Where the first two candidates are closest first"),
    )
    for name, words, tip in orders:
        add(
            f"sort_{name or 'disk'}",
            f"Order crops {words}",
            lambda _checked, name=name: crops.set_sort(name),
            menu="View",
            icon="arrow-down-up",
            tip=f"{tip}; again turns it round" if tip else "By split and path",
            when=available,
            checkable=True,
            separated=not name,
        )
    ids = [f"annotate.sort_{name or 'disk'}" for name, _, _ in orders]

    def mark() -> None:
        for command_id in ids:
            chosen = f"annotate.sort_{crops.sort.removeprefix('-') or 'disk'}"
            commands.action(command_id).setChecked(command_id == chosen)

    def open_menu() -> None:
        commands.refresh()
        menu = context_menu(commands, ids, crops.sorter)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(crops.sorter.mapToGlobal(crops.sorter.rect().bottomLeft()))

    crops.sort_changed.connect(mark)
    crops.sorter.clicked.connect(open_menu)
    mark()
    add(
        "saved_filters",
        "Saved filters…",
        checks.saved.open_menu,
        menu="Edit",
        keys=("Ctrl+Alt+K",),
        icon="bookmark",
        tip="Choose, keep, rename or delete a filter of the crop list",
        when=available,
    )
