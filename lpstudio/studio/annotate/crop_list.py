"""The panel at the left: filters, and the list of crops that match them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lpstudio.dataset.index import CropIndex
from lpstudio.dataset.types import CropState
from lpstudio.studio import theme
from lpstudio.studio.annotate.crop_delegate import CropDelegate, Density
from lpstudio.studio.annotate.crop_facts import CropFacts
from lpstudio.studio.annotate.crop_model import CropModel, Role
from lpstudio.studio.annotate.filters import UNVERIFIED, CropFilter, Listing, listing, next_with_state
from lpstudio.studio.annotate.query import EXAMPLE, HELP, QueryError, parse
from lpstudio.studio.annotate.query_field import QueryField
from lpstudio.studio.annotate.side_pages import SidePages
from lpstudio.studio.annotate.state_marks import MARKS
from lpstudio.studio.icons import icon
from lpstudio.studio.images import ImageLoader
from lpstudio.studio.jobs import Jobs
from lpstudio.studio.session import ProjectSession
from lpstudio.studio.shortcuts.words import with_keys
from lpstudio.studio.widgets.row_view import RowView

_AT_ONCE = 20_000  # crops that are filtered by state and split without a thread
_SEARCHED_AT_ONCE = 2_000  # and by a query, which looks at each of them


class CropList(QWidget):
    """``chosen(key)`` when a person goes to another crop by the list; ``filtered()`` when the list shows others."""

    chosen = Signal(str)
    entered = Signal()  # Enter on a row: on to the canvas
    filtered = Signal()
    page_changed = Signal()  # the crops are shown, or another page in their place
    sort_changed = Signal()

    def __init__(self, loader: ImageLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("crop_list")
        self._loader = loader
        self._session: ProjectSession | None = None
        self._jobs = Jobs(self, threads=1)
        self._filter_job = 0
        self.facts = CropFacts(self.refilter, self)
        self.sort = ""
        self.is_waiting = False  # for what a query needs to be read
        self._leaves_hidden = False  # the next list that hides the current crop leads to its first one
        self._current = ""
        self.model = CropModel(loader, self._jobs, self)
        self.delegate = CropDelegate(self)
        self._build()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(150)
        self._typing.timeout.connect(self.refilter)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.set_words(self._splits, self._classes)
        self.search.returnPressed.connect(self._search_done)
        self.states.activated.connect(lambda _index: self._filter_chosen())
        self.split.activated.connect(lambda _index: self._filter_chosen())
        theme.notifier().changed.connect(self.view.viewport().update)

    def _build(self) -> None:
        self.query = QWidget(self)  # stands in the window's top row while the workspace is in front
        self.query.setObjectName("crop_query")
        self.search = QueryField(self.query)
        self.search.setMinimumWidth(96)
        self.search.setMaximumWidth(320)
        self.search.setObjectName("crop_search")
        self.search.setPlaceholderText("Find: name, text, char:O|0 …")
        self.search.setToolTip(HELP)
        self.search.setAccessibleName("Find crops")
        self.search.setAccessibleDescription(f"Words, or conditions as in {EXAMPLE}")
        self._fault = self.search.addAction(icon("triangle-alert", "fault"), QLineEdit.ActionPosition.TrailingPosition)
        self._fault.setVisible(False)
        self.search.setClearButtonEnabled(True)
        self.states = QComboBox(self.query)
        self.states.setObjectName("state_filter")
        self.states.setAccessibleName("Show crops of state")
        self.states.addItem(icon("list-filter"), "all states", frozenset())
        self.states.addItem(icon("list-checks"), "to verify", UNVERIFIED)
        for state, (name, token) in MARKS.items():
            self.states.addItem(icon(name, token), state.value, frozenset([state]))
        self.split = QComboBox(self.query)
        self.split.setObjectName("split_filter")
        self.split.setAccessibleName("Show crops of split")
        self.split.addItem("all splits", "")
        for box in (self.states, self.split):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.count = QLabel(self)
        self.count.setObjectName("crop_count")
        self.count.setFont(theme.font("small"))
        self.density = QToolButton(self)
        self.density.setIcon(icon("rows-2"))
        self.density.setIconSize(QSize(16, 16))
        self.density.setToolTip("Compact, list or filmstrip")
        self.density.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.density.clicked.connect(self.next_density)
        self.sorter = QToolButton(self)
        self.sorter.setObjectName("crop_sort")
        self.sorter.setIcon(icon("arrow-down-up"))
        self.sorter.setIconSize(QSize(16, 16))
        self.sorter.setToolTip("Order of the list")
        self.sorter.setAccessibleName("Order of the list")
        self.sorter.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.view = RowView(self)
        self.view.setObjectName("crops")
        self.view.setAccessibleName("Crops")
        self.view.setModel(self.model)
        self.view.setItemDelegate(self.delegate)
        self.view.set_row_height(self.delegate.row_height)
        self.view.setMouseTracking(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.view.activated.connect(lambda _index: self.entered.emit())
        self.nothing = QLabel(self)
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(16)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        boxes = QHBoxLayout(self.query)
        boxes.setContentsMargins(0, 0, 0, 0)
        boxes.setSpacing(4)
        boxes.addWidget(self.split)
        boxes.addWidget(self.states)
        boxes.addWidget(self.search, 1)
        self._boxes = boxes
        head = QHBoxLayout()
        head.setContentsMargins(8, 4, 4, 0)
        head.setSpacing(4)
        head.addWidget(self.count, 1)
        head.addWidget(self.sorter)
        head.addWidget(self.density)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.nothing)
        crops = QWidget(self)
        inner = QVBoxLayout(crops)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addLayout(head)
        inner.addLayout(self._pages, 1)
        self._side = SidePages(self)
        self._side.changed.connect(self.page_changed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._side)
        self.add_page(crops, "Crops")

    def add_query_button(self, button: QWidget) -> None:
        """A button beside the search field."""
        self._boxes.addWidget(button)

    # -- pages --------------------------------------------------------------------------------------------------

    def add_page(self, page: QWidget, title: str, tip: str = "") -> None:
        """Another page in the place of the crops, chosen by a tab above it."""
        self._side.add(page, title, tip)

    def name_page(self, page: QWidget, title: str) -> None:
        """Say something else on a page's tab."""
        self._side.name(page, title)

    def show_page(self, page: QWidget | None) -> None:
        """Bring a page to the front; None: the crops."""
        self._side.show_page(page)

    @property
    def page(self) -> QWidget | None:
        """The page in front."""
        return self._side.page

    # -- which crops --------------------------------------------------------------------------------------------

    def set_session(self, session: ProjectSession | None) -> None:
        """Show another project's crops, or none."""
        self._session = session
        self.facts.set_session(session)
        self._current = ""
        self.search.clear()
        self.states.setCurrentIndex(0)
        self._fill_splits([])
        self.refilter()
        if session is not None:
            session.state_changed.connect(self._state_changed)
            session.index_changed.connect(self._index_changed)
            if session.is_scanned:
                self._index_changed()

    def _fill_splits(self, names: list[str]) -> None:
        wanted = self.split.currentData()
        self.split.clear()
        self.split.addItem("all splits", "")
        for name in names:
            self.split.addItem(name, name)
        self.split.setCurrentIndex(max(0, self.split.findData(wanted)))

    def _index_changed(self) -> None:
        if self._session is not None:
            self.model.forget_texts()
            self._fill_splits(self._session.index.splits)
            self.refilter()

    def _state_changed(self, key: str) -> None:
        """The row stays where it is, filter or not, until the list is filtered anew: nothing jumps."""
        self.model.refresh(key)

    @property
    def filter(self) -> CropFilter:
        """What is asked for at the moment."""
        return CropFilter(self.states.currentData(), self.split.currentData() or "", self.search.text(), self.sort)

    def _splits(self) -> list[str]:
        return list(self._session.index.splits) if self._session is not None else []

    def _classes(self) -> Sequence[str]:
        return self._session.project.alphabet.names if self._session is not None else ()

    def asks_for(self, *fields: str) -> bool:
        """Whether the search asks for one of these fields of a query."""
        try:
            return parse(self.search.text()).uses(*fields)
        except QueryError:
            return False

    def set_sort(self, sort: str) -> None:
        """List the crops by name, state, score or margin, turned round when it is that already; empty: as on disk."""
        self.sort = f"-{sort}" if sort and sort == self.sort else sort
        self.sort_changed.emit()
        self.refilter()

    def set_filter(self, wanted: CropFilter) -> None:
        """Ask for these crops."""
        self.search.setText(wanted.words)
        self.split.setCurrentIndex(max(0, self.split.findData(wanted.split)))
        place = next((i for i in range(self.states.count()) if self.states.itemData(i) == wanted.states), 0)
        self.states.setCurrentIndex(place)
        if wanted.sort != self.sort:
            self.sort = wanted.sort
            self.sort_changed.emit()
        self.refilter()

    def choose_filter(self, wanted: CropFilter) -> None:
        """A person asked for these crops: go to the first of them where the current one is not among them."""
        self._leaves_hidden = True
        self.set_filter(wanted)

    @property
    def is_sound(self) -> bool:
        """Whether what stands in the search field is a query."""
        return not self._fault.isVisible()

    def clear_filter(self) -> None:
        """Show all crops."""
        self.set_filter(CropFilter(sort=self.sort))

    def _filter_chosen(self) -> None:
        """A person asked for other crops: what they draw next belongs on one of these."""
        self._leaves_hidden = True
        self.refilter()

    def refilter(self) -> None:
        """List the crops that match; many of them are filtered in a thread. A faulty query leaves the list as it is."""
        self._typing.stop()
        session, wanted = self._session, self.filter
        self._jobs.forget(self._filter_job)
        try:
            query = parse(wanted.words)
        except QueryError as error:
            self._say_fault(error)
            return
        self._say_fault(None)
        self.is_waiting = not self.facts.ask_for(query, wanted.sort)
        if self.is_waiting:
            self.count.setText(self.facts.missing)
            return
        facts = self.facts.facts()
        slow = query.terms or wanted.sort
        if session is None:
            self._take(None, CropIndex(), listing(CropIndex(), CropFilter()))
        elif wanted.is_empty or len(session.index) <= (_SEARCHED_AT_ONCE if slow else _AT_ONCE):
            self._take(session, session.index, listing(session.index, wanted, facts))
        else:
            index = session.index
            self._filter_job = self._jobs.run(
                lambda: listing(index, wanted, facts), lambda found: self._take(session, index, found)
            )

    def _take(self, session: ProjectSession | None, index: CropIndex, found: Listing) -> None:
        if session is not self._session or (session is not None and index is not session.index):
            return  # overtaken by another project or a new scan, which filters for itself
        rows = found.rows
        self.model.set_rows(session, found)
        self._mark_current()
        total = len(index)
        self.count.setText(f"{len(rows):,} of {total:,} crops" if len(rows) != total else f"{total:,} crops")
        self._say_nothing(session, total)
        leaves, self._leaves_hidden = self._leaves_hidden, False
        if leaves and len(rows) and self.model.row_of(self._current) is None:
            self.chosen.emit(self.model.key_at(0))
        self.filtered.emit()

    def _say_fault(self, error: QueryError | None) -> None:
        """What is wrong with the query: beside it, and where the number of crops stands."""
        self._fault.setVisible(error is not None)
        self.search.setToolTip(HELP if error is None else f"{error.message}\n\n{HELP}")
        self._fault.setToolTip("" if error is None else error.message)
        self.count.setWordWrap(error is not None)
        theme.tint(self.count, "text" if error is None else "fault")
        if error is not None:
            self.count.setText(error.message)

    def _say_nothing(self, session: ProjectSession | None, total: int) -> None:
        if session is None or not session.is_scanned:
            self.nothing.setText("")
        elif total == 0:
            self.nothing.setText(
                with_keys("No crops yet.\nDrop pictures on the window, or add them with {file.add_images}.")
            )
        else:
            self.nothing.setText("No crop matches.\nClear the search or choose other states.")
        self._pages.setCurrentIndex(0 if len(self.model.rows) else 1)

    # -- the current crop ---------------------------------------------------------------------------------------

    def show_current(self, key: str) -> None:
        """Mark this crop as the one on the canvas."""
        self._current = key
        self._mark_current()

    def _mark_current(self) -> None:
        row = self.model.row_of(self._current) if self._current else None
        selection = self.view.selectionModel()
        before = self.view.currentIndex()
        selection.blockSignals(True)  # this is no choice of the person
        if row is None:
            selection.clear()
        else:
            place = self.model.index(row, 0)
            selection.setCurrentIndex(place, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.view.scrollTo(place, QAbstractItemView.ScrollHint.EnsureVisible)
        selection.blockSignals(False)
        for index in (before, self.view.currentIndex()):
            if index.isValid():
                self.view.update(index)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._current = str(current.data(Role.KEY))
            self.chosen.emit(self._current)

    def neighbour(self, key: str, step: int) -> str | None:
        """The key so many rows further; from the first row when the filter hides ``key``."""
        row = self.model.row_of(key)
        if row is None:
            return self.model.key_at(0) if self.model.rowCount() and step > 0 else None
        row += step
        return self.model.key_at(row) if 0 <= row < self.model.rowCount() else None

    def next_in(self, key: str, states: frozenset[CropState], step: int = 1) -> str | None:
        """The next crop (previous with a step of -1) in one of these states among those listed, around the end."""
        session = self._session
        if session is None:
            return None
        row = self.model.row_of(key)
        rows = self.model.rows[::step]
        last = len(rows) - 1
        after = -1 if row is None else row if step > 0 else last - row
        found = next_with_state(session.index, rows, after, states)
        return None if found is None else self.model.key_at(found if step > 0 else last - found)

    # -- looks --------------------------------------------------------------------------------------------------

    def set_density(self, density: Density) -> None:
        """How much room each crop gets."""
        self.delegate.density = density
        self.view.set_row_height(self.delegate.row_height)
        self._mark_current()

    def next_density(self) -> None:
        order = list(Density)
        self.set_density(order[(order.index(self.delegate.density) + 1) % len(order)])

    def _search_done(self) -> None:
        self._filter_chosen()
        self.entered.emit()

    def close_jobs(self) -> None:
        """Stop the threads."""
        self.facts.close()
        self._jobs.close()
