"""Names that pass for ours are seen through; names that are only other names are left alone."""

import pytest

from crisis.registry.lookalikes import alike, skeleton

OURS = ["belgiumembjapan", "BelgiumMFA", "BelgiuminUK", "ambabel.habana", "BEinNL"]


@pytest.mark.parametrize(
    ("asked", "taken_for"),
    [
        ("bеlgiumеmbjapan", "belgiumembjapan"),  # Cyrillic е
        ("beIgiumembjapan", "belgiumembjapan"),  # capital i for l
        ("belgiurnembjapan", "belgiumembjapan"),  # rn for m
        ("belgium_emb_japan", "belgiumembjapan"),
        ("belgiumembjapan2", "belgiumembjapan"),
        ("official_belgiumembjapan", "belgiumembjapan"),
        ("BelgiumMFA_help", "BelgiumMFA"),
        ("BelgiumMFA_Officiel_24", "BelgiumMFA"),
        ("Be1giumMFA", "BelgiumMFA"),
        ("BelgiumMAF", "BelgiumMFA"),  # two exchanged
        ("BelgiumMFAA", "BelgiumMFA"),
        ("ambabelhabana", "ambabel.habana"),
        ("ВЕinNL", "BEinNL"),  # Cyrillic В and Е
    ],
)
def test_what_passes_for_one_of_ours_is_named_with_it(asked: str, taken_for: str) -> None:
    assert alike(asked, OURS) == [taken_for]


@pytest.mark.parametrize(
    "asked", ["BelgiuminCA", "belgiumbeer", "japan", "BEinUK", "a", "", "💥", "FranceMFA", "belgium"]
)
def test_another_name_is_another_name(asked: str) -> None:
    assert alike(asked, OURS) == []


def test_a_skeleton_is_the_same_for_every_way_to_write_a_name() -> None:
    assert (
        len(
            {
                skeleton(name)
                for name in ("Belgium.MFA", "BELGIUM-MFA", "bélgium_mfa", "ｂｅｌｇｉｕｍｍｆａ", "be1giummfa")
            }
        )
        == 1
    )
