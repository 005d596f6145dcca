"""From pictures to plates: detection, posteriors, hypotheses, footage."""

# The least confidence of a character. Low, because a plate with a doubtful character too many is put right by its
# format, one with a character too few is lost: chosen on crops that judged nothing.
CONFIDENCE = 0.15
