"""The console's addresses. LIVE and EXERCISE stand in them, so that one is never taken for the other."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path, register_converter
from django.urls.converters import IntConverter

from console.views import (
    alert,
    attachment,
    board,
    compose,
    connection,
    corrections,
    gathering,
    group,
    hand,
    home,
    ladder,
    letters,
    lists,
    phone,
    registry,
    reports,
)


class ModeConverter:
    """`live` or `exercise`."""

    regex = "live|exercise"

    def to_python(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it is."""
        return value


class KeyConverter(IntConverter):
    """A number that a database key can be."""

    regex = "[0-9]{1,18}"


register_converter(ModeConverter, "mode")
register_converter(KeyConverter, "key")

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path(
        "login/", LoginView.as_view(template_name="console/login.html", redirect_authenticated_user=True), name="login"
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("<mode:mode>/new/", compose.choose, name="choose"),
    path("<mode:mode>/new/<slug:slug>/", compose.new, name="new"),
    path("<mode:mode>/new/<slug:slug>/preview/", compose.preview, name="preview"),
    path("<mode:mode>/<key:pk>/", alert.detail, name="alert"),
    path("<mode:mode>/<key:pk>/card/", alert.card_view, name="card"),
    path("<mode:mode>/<key:pk>/progress/", alert.progress_part, name="progress"),
    path("<mode:mode>/<key:pk>/edit/", compose.edit, name="edit"),
    path("<mode:mode>/<key:pk>/submit/", compose.submit_view, name="submit"),
    path("<mode:mode>/<key:pk>/recall/", alert.recall_view, name="recall"),
    path("<mode:mode>/<key:pk>/discard/", alert.discard_view, name="discard"),
    path("<mode:mode>/<key:pk>/approve/", alert.approve, name="approve"),
    path("<mode:mode>/<key:pk>/reject/", alert.reject_view, name="reject"),
    path("<mode:mode>/<key:pk>/stop/", alert.stop_view, name="stop"),
    path("<mode:mode>/<key:pk>/update/", corrections.update, name="update"),
    path("<mode:mode>/<key:pk>/end/", corrections.end, name="end"),
    path("<mode:mode>/<key:pk>/retract/", corrections.retract_view, name="retract"),
    path("deliveries/<key:pk>/decide/", alert.decide_view, name="decide"),
    path("deliveries/<key:pk>/hand/", hand.hand_view, name="hand"),
    path("rollcalls/<key:pk>/", board.board_view, name="board"),
    path("rollcalls/<key:pk>/counts/", board.counts_part, name="counts"),
    path("rollcalls/<key:pk>/call/", gathering.call_view, name="call"),
    path("gatherings/<key:pk>/", gathering.gathering_view, name="gathering"),
    path("gatherings/<key:pk>/release/", gathering.release_view, name="release_gathering"),
    path("gatherings/<key:pk>/withdraw/", gathering.withdraw_view, name="withdraw_gathering"),
    path("gatherings/<key:pk>/list/", gathering.list_view, name="gathering_list"),
    path("passes/", gathering.check_view, name="check"),
    path("passes/<slug:code>/", gathering.check_view, name="scanned"),
    path("rollcalls/<key:pk>/stop-reminding/", ladder.stop_view, name="stop_reminding"),
    path("rollcalls/<key:pk>/go-on-reminding/", ladder.go_on_view, name="go_on_reminding"),
    path("calls/", ladder.calls, name="calls"),
    path("calls/<key:pk>/take/", ladder.take_view, name="take_call"),
    path("calls/<key:pk>/settle/", ladder.settle_view, name="settle_call"),
    path("cases/", board.cases, name="cases"),
    path("cases/<key:pk>/note/", board.note_view, name="note_finding"),
    path("cases/<key:pk>/lift/", board.lift_view, name="lift_finding"),
    path("attachments/<key:pk>/", attachment.attachment, name="attachment"),
    path("cases/<key:pk>/close/", board.close_view, name="close_case"),
    path("lists/", lists.lists, name="lists"),
    path("lists/alike/", lists.alike, name="alike"),
    path("lists/alike/<key:pk>/", lists.decide_view, name="decide_alike"),
    path("lists/<key:pk>/", lists.one_list, name="list"),
    path("lists/<key:pk>/columns/", lists.columns_view, name="list_columns"),
    path("lists/<key:pk>/bring/", lists.bring_view, name="list_bring"),
    path("lists/<key:pk>/discard/", lists.discard_view, name="list_discard"),
    path("lists/<key:pk>/bad.csv", lists.bad_view, name="list_bad"),
    path("letters/", letters.letters_view, name="letters"),
    path("letters/<key:pk>/take/", letters.take_view, name="take_letter"),
    path("letters/<key:pk>/close/", letters.close_view, name="close_letter"),
    path("group/", group.group_view, name="group"),
    path("people/", phone.people_view, name="people"),
    path("people/<key:pk>/answer/", phone.answer_view, name="answer_for"),
    path("reports/", reports.listing, name="reports"),
    path("reports/<key:pk>/", reports.detail, name="report"),
    path("reports/<key:pk>/contact/", reports.contact_view, name="report_contact"),
    path("reports/<key:pk>/confirm/", reports.confirm_view, name="confirm_report"),
    path("reports/<key:pk>/close/", reports.close_view, name="close_report"),
    path("reports/<key:pk>/dismiss/", reports.dismiss_view, name="dismiss_report"),
    path("posts/", registry.posts, name="posts"),
    path("accounts/", registry.accounts, name="accounts"),
    path("accounts/<key:pk>/connection/", connection.connection, name="connection"),
    path("accounts/<key:pk>/invite/", connection.invite_view, name="invite"),
    path("accounts/<key:pk>/release/", registry.release_view, name="release"),
    path("accounts/<key:pk>/pause/", registry.pause_view, name="pause"),
]
