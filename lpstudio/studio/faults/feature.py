"""The checks in Annotate: notes at the canvas, the pages of faults and of likely label errors, and their commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from lpstudio.dataset.faults import FaultKind
from lpstudio.dataset.types import Character
from lpstudio.evaluation.disagreements import Disagreement
from lpstudio.studio.annotate.edits import AddCharacters, RemoveCharacters, Reshape
from lpstudio.studio.annotate.query import Query
from lpstudio.studio.annotate.saved_filters import SavedFilters
from lpstudio.studio.faults.canvas_notes import FaultNote, ModelOutline
from lpstudio.studio.faults.commands import register_checks, register_orders
from lpstudio.studio.faults.fault_panel import FaultPanel
from lpstudio.studio.faults.fixer import Fixer, FixTarget
from lpstudio.studio.faults.label_error_panel import LabelErrorPanel
from lpstudio.studio.faults.model_pass import LabelError, ModelPass
from lpstudio.studio.faults.survey import ProjectSurvey, SurveyState

if TYPE_CHECKING:
    from lpstudio.studio.annotate.command_set import Register
    from lpstudio.studio.annotate.workspace import AnnotateWorkspace
    from lpstudio.studio.session import ProjectSession

_TASK = "label-errors"


class ChecksFeature(QObject):
    """Wires the checks to the workspace; it also answers the queries that ask for faults and disagreement."""

    def __init__(self, workspace: AnnotateWorkspace) -> None:
        super().__init__(workspace)
        self.workspace = workspace
        studio, crops, editor = workspace.studio, workspace.crops, workspace.editor
        self.survey = ProjectSurvey(self)
        self.fixer = Fixer(editor, workspace.desk, self)
        self.model_pass = ModelPass(studio.workers.reader, self)
        self.note = FaultNote(workspace.canvas)
        studio.keep_free(self.note)
        self.outline = ModelOutline(workspace.canvas)
        self.saved = SavedFilters(crops, studio.commands, self)
        self._model_of: tuple[LabelError, Character | None] | None = None

        self.fault_page = FaultPanel(self.survey, self.fixer, studio.commands, crops)
        self.error_page: LabelErrorPanel | None = None
        crops.add_page(self.fault_page, "Faults", "All faults of the project (Ctrl+Alt+2)")
        crops.facts.findings = self
        crops.page_changed.connect(self._page_changed)
        self.fault_page.wanted.connect(self._go)
        self.fault_page.counted.connect(
            lambda count: crops.name_page(self.fault_page, f"Faults {_short(count)}" if count else "Faults")
        )
        self.fixer.steps_changed.connect(studio.commands.refresh)
        self.fixer.finished.connect(workspace.words.say)
        self.survey.changed.connect(lambda: self._query_again("disagree", "fault"))
        self.survey.state_changed.connect(self._survey_state)
        self.model_pass.changed.connect(lambda: self._query_again("disagree"))
        self.model_pass.progressed.connect(self._show_reading)
        for change in (editor.document_changed, editor.content_changed, editor.selection_changed):
            change.connect(self._show_note)
        editor.content_changed.connect(self._edited)
        editor.document_changed.connect(self._show_outline)

    # -- the workspace's life -----------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        """Another project, or none."""
        self.survey.set_session(session)
        self.fixer.set_session(session)
        self.model_pass.set_session(session)
        self.saved.set_session(session)
        if session is not None and self.workspace.crops.page is not None:
            session.scanned.connect(self._page_changed)
        if session is not None:
            session.index_changed.connect(self.workspace.desk.look_again)  # the open crop may be another now

    def close(self) -> None:
        """The window closes."""
        self.survey.close()
        self.fixer.close()
        self.model_pass.close()
        self.fault_page.close_jobs()

    # -- pages --------------------------------------------------------------------------------------------------

    def show_crops(self) -> None:
        """The list of crops."""
        self._show(None)

    def show_faults(self) -> None:
        """The page of faults."""
        self._show(self.fault_page)

    def show_label_errors(self) -> None:
        """The page of likely label errors."""
        self._show(self.error_page)

    def _show(self, page: FaultPanel | LabelErrorPanel | None) -> None:
        self.workspace.show_list(True)
        self.workspace.studio.commands.action("annotate.list_panel").setChecked(True)
        self.workspace.crops.show_page(page)

    def _page_changed(self) -> None:
        page = self.workspace.crops.page
        if page is self.fault_page:
            self.survey.ensure()
        elif page is self.error_page and page is not None:
            self.model_pass.load()
            self.model_pass.look_for_weights()
        self._show_outline()
        self.workspace.studio.commands.refresh()

    @property
    def in_queue(self) -> bool:
        return self.error_page is not None and self.workspace.crops.page is self.error_page

    def step(self, by: int) -> None:
        """To the next or previous fault or label error, whichever page is in front."""
        if self.in_queue and self.error_page is not None:
            self.error_page.step(by)
        else:
            self.show_faults()
            self.fault_page.step(by)

    def _go(self, key: str, at: int) -> None:
        workspace = self.workspace
        if at >= 0:
            workspace.show_crop(key, at)
        else:
            workspace.show_crop(key)
        workspace.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- at the canvas ------------------------------------------------------------------------------------------

    def _show_note(self) -> None:
        """What is wrong with the crop as a whole, or with the selected character."""
        editor = self.workspace.editor
        document = editor.document
        if document is None:
            self.note.say([])
            return
        chosen = set(document.selection)
        lines = [fault.text for fault in editor.text_faults if not fault.item_id or fault.item_id in chosen]
        if len(chosen) == 1:
            own = (fault for fault in editor.faults if fault.item_id in chosen)
            lines += [fault.text for fault in own if fault.kind is not FaultKind.NO_CLASS]
        self.note.say(lines[:3])

    def _edited(self) -> None:
        document = self.workspace.editor.document
        if document is not None:
            self.survey.touch(document.key)
        self._show_outline()

    # -- faults -------------------------------------------------------------------------------------------------

    def fix_crop(self) -> None:
        """Fix what can be fixed on the open crop."""
        document = self.workspace.editor.document
        if document is not None:
            self.fixer.fix([FixTarget(document.key)])

    def _survey_state(self) -> None:
        running = self.survey.state is SurveyState.RUNNING
        if not running:
            self._query_again("disagree", "fault")
        self.workspace.studio.commands.refresh()

    # -- label errors -------------------------------------------------------------------------------------------

    def find_label_errors(self) -> None:
        """Let the chosen model read the labelled crops."""
        page = self.error_page
        if page is None:
            return
        self.show_label_errors()
        choice = page.choice
        if choice is None:
            page.say("Choose weights first" if self.model_pass.weights else "There are no weights yet")
            return
        self.model_pass.start(choice)

    def _show_reading(self, told: tuple[int, int, float | None] | None) -> None:
        studio = self.workspace.studio
        if told is None:
            studio.end_task(_TASK)
            self.workspace.crops.facts.forget_numbers()
        else:
            share = told[0] / told[1] if told[1] else None
            words = f"looking for label errors {told[0]:,} of {told[1]:,}"
            studio.set_task(_TASK, words, share, "annotate.stop_reading")

    def _show_outline(self) -> None:
        """The model's version beside the label's, while its crop is open and the queue in front."""
        error = self.error_page.current if self.error_page is not None and self.in_queue else None
        document = self.workspace.editor.document
        if error is None or document is None or document.key != error.key:
            self.outline.show_character(None)
            return
        if self._model_of is not None and self._model_of[0] == error:
            self.outline.show_character(self._model_of[1])
            return

        def take(read: tuple[Character, ...]) -> None:
            place = error.finding.found
            found = read[place] if place is not None and place < len(read) else None
            self._model_of = (error, found)
            self._show_outline()

        self.outline.show_character(None)
        self._model_of = (error, None)
        self.model_pass.read_on(error.key, take)

    def can_settle(self) -> bool:
        """Whether the chosen finding's crop is open and can be edited."""
        error = self.error_page.current if self.error_page is not None and self.in_queue else None
        editor = self.workspace.editor
        document = editor.document
        return error is not None and document is not None and document.key == error.key and editor.editable

    def accept_model(self) -> None:
        """Do as the model says: its class, its character, its outline, or no character; then to the next finding."""
        page, editor = self.error_page, self.workspace.editor
        document = editor.document
        if page is None or page.current is None or document is None or not self.can_settle():
            return
        error = page.current
        finding = error.finding
        items = document.content.items
        item = items[finding.at] if finding.at is not None and finding.at < len(items) else None
        if item is not None and item.character.char != finding.label:
            item = None
        if finding.at is not None and item is None:
            page.say("This character was changed since")
            return
        model = self._model_of[1] if self._model_of is not None and self._model_of[0] == error else None
        if finding.kind is Disagreement.CLASS and item is not None:
            editor.set_class(item.id, finding.model)
        elif finding.kind is Disagreement.MISSED and item is not None:
            editor.do(RemoveCharacters(frozenset([item.id])))
        elif model is None:
            page.say("What the model read is still fetched")
            return
        elif finding.kind is Disagreement.EXTRA:
            editor.do(AddCharacters((Character(model.polygon, finding.model),), "Add"))
        elif item is not None:
            editor.do(Reshape(item.id, model.polygon, "Take the model's outline"))
        page.go_on()

    def dismiss_finding(self) -> None:
        """The label is right: remember that, and go on to the next finding."""
        page = self.error_page
        if page is not None and page.current is not None:
            error = page.current
            page.go_on()
            self.model_pass.dismiss(error)

    # -- what queries ask ---------------------------------------------------------------------------------------

    def ask_for(self, query: Query) -> str:
        wants_survey = query.uses("fault") or any(
            term.field == "disagree" and term.values != ("model",) for term in query.terms
        )
        if query.uses("disagree"):
            self.model_pass.load()
            if not self.model_pass.ready:
                return "Comparing with what the model read…"
        if not wants_survey:
            return ""
        self.survey.ensure()
        return "" if self.survey.state in (SurveyState.DONE, SurveyState.STOPPED) else "Checking the crops…"

    def disagreeing(self) -> dict[str, set[str]]:
        return {"text": set(self.survey.disagreeing), "model": self.model_pass.disagreeing}

    def faulty(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, faults in dict(self.survey.faults).items():
            for fault in faults:
                found.setdefault(fault.kind, set()).add(key)
        return found

    def _query_again(self, *fields: str) -> None:
        """More is known: a list that waits for it is made anew; one that a person works through stays as it is."""
        crops = self.workspace.crops
        if crops.is_waiting and crops.asks_for(*fields):
            crops.refilter()

    # -- commands -----------------------------------------------------------------------------------------------

    def register(self, add: Register) -> None:
        """Register the commands, and build what shows their keys."""
        commands, page = self.workspace.studio.commands, self.fault_page
        register_checks(self, add)
        register_orders(self, add)
        page.add_commands()
        crops = self.workspace.crops
        error_page = self.error_page = LabelErrorPanel(self.model_pass, commands, crops)
        crops.add_page(error_page, "Doubts", "Likely label errors, found by a model (Ctrl+Alt+3)")
        error_page.wanted.connect(self._go)
        error_page.chosen_changed.connect(self._show_outline)
        error_page.counted.connect(
            lambda count: crops.name_page(error_page, f"Doubts {_short(count)}" if count else "Doubts")
        )
        error_page.add_commands()

    def check_again(self) -> None:
        """Look at all crops anew, with the page of faults in front."""
        self.show_faults()
        self.survey.start()

    def fix_all(self) -> None:
        """Tell what a fix of everything would do, and offer it."""
        self.show_faults()
        self.fault_page.ask_to_fix()


def _short(count: int) -> str:
    """A number that fits on a tab."""
    return f"{count:,}" if count < 10_000 else f"{count // 1000:,}k"
