"""What the benchmark of neighbours makes of its turns."""

from tests.neighbours import NORMAL, Row, Took, judge


def test_a_sickness_is_told_as_the_median_of_its_turns_and_its_p99_as_a_multiple_of_the_normal_one() -> None:
    normal = [Took(4, 10), Took(5, 12), Took(30, 99)]
    slow = [Took(6, 30), Took(4, 18), Took(5, 11)]

    assert judge({NORMAL: normal, "slow": slow}) == [Row(NORMAL, 5, 12, 1.0), Row("slow", 5, 18, 1.5)]
