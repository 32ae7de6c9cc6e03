"""The words of situations: who wrote and reviewed them, in every language; written anew, read by another, then used."""

import difflib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from console.access import allowed, note_refusal, officer, whole_number
from console.words_form import WordsForm, initial
from crisis import clock
from crisis.alerts.editing import WordsError, review, write
from crisis.alerts.editions import all_in_use, in_use, newest, texts_of, versions, waiting
from crisis.alerts.operations import Changed, SamePerson
from crisis.language import spoken
from crisis.registry.queries import home_ministry
from crisis.staff.rights import Right
from crisis.wording.catalogue import Situation, Texts, situation, situations


def _kind(slug: str, language: str) -> Situation:
    kind = situations().get(slug)
    if kind is None or language not in kind.texts:
        raise Http404("There is no such situation in this language.")
    return kind


@allowed(Right.TEXTS)
def every(request: HttpRequest) -> HttpResponse:
    """List every situation, with who reviewed it in each language, and what waits for a review."""
    waits, languages = waiting(), home_ministry().languages
    rows = [
        (kind, [(code, kind.texts.get(code), waits.get((kind.slug, code))) for code in languages])
        for kind in all_in_use()
    ]
    return render(request, "console/words.html", {"rows": rows, "languages": languages})


@allowed(Right.TEXTS)
def edit(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Show the newest words in a language, and take others in their place, which then wait for a review."""
    kind, last = _kind(slug, language), newest(slug, language)
    texts = texts_of(last, kind.texts[language], kind) if last else kind.texts[language]
    form = WordsForm(request.POST or None, kind=kind, language=language, initial=initial(texts))
    if request.method == "POST" and form.is_valid():
        after = whole_number(request.POST.get("after", ""))
        try:
            write(
                slug=slug, language=language, content=form.content(), after=-1 if after is None else after,
                by=officer(request), now=clock.now(),
            )  # fmt: skip
        except WordsError as error:
            for words in error.problems:
                form.add_error(None, words)
        except Changed as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("Stored. Another person, a native speaker, reviews it now."))
            return redirect("console:words_edit", slug, language)
    if form.errors:
        note_refusal(request, fields=form.errors, situation=slug, language=language)
    context = {
        "form": form,
        "kind": kind,
        "language": language,
        "after": request.POST.get("after", last.number if last else 0),
        "last": last,
        "texts": texts,
        "used": in_use(slug).texts[language],
        "versions": versions(slug, language),
        "shipped_by": kind.texts[language].written_by,
        "changes": _changes(kind, language, texts) if last and not last.reviewed_at else [],
        "mine": last is not None and last.written_by_id == officer(request).pk,
    }
    return render(request, "console/words_edit.html", context, status=422 if form.errors else 200)


def _changes(kind: Situation, language: str, texts: Texts) -> list[tuple[str, str]]:
    """Return what the newest words change in those that are used, line by line: ("-", before), ("+", after)."""
    before, after = initial(in_use(kind.slug).texts[language]), initial(texts)
    found = []
    for name, words in after.items():
        lines = difflib.ndiff(before.get(name, "").splitlines(), words.splitlines())
        found += [(line[0], line[2:]) for line in lines if line[0] in "+-"]
    return list(dict.fromkeys(found))


@require_POST
@allowed(Right.TEXTS)
def review_view(request: HttpRequest, slug: str, language: str) -> HttpResponse:
    """Say, as a native speaker, that the newest words are right."""
    _kind(slug, language)
    number = whole_number(request.POST.get("number", ""))
    try:
        if not request.POST.get("agreed"):
            raise Changed(gettext("Tick the sentence to say that you have read every word."))
        review(
            slug=slug, language=language, number=-1 if number is None else number, by=officer(request), now=clock.now()
        )
    except (Changed, SamePerson) as error:
        note_refusal(request, error, situation=slug, language=language)
        messages.error(request, str(error))
    else:
        name = situation(slug).name(spoken())
        messages.success(request, gettext("Reviewed. New alerts say “{name}” in these words.").format(name=name))
    return redirect("console:words_edit", slug, language)
