// English verbs that open an instruction, and those that speak of the answer instead of work to do.

const WORK_VERBS = new Set(
  (
    'add analyse analyze append ask assess book browse build calculate call check collect compare compute convert count create cut deduct delete describe detect ' +
    'determine diff download draw enumerate estimate evaluate examine execute explore extract fetch fill filter find follow gather get give go grep group identify import ' +
    'inspect investigate list load locate look mail make measure merge move name notify open order pay pick plan plot post print produce query rank read record ' +
    'remove rename request research resolve retrieve run save scan schedule search select send set show sort start stat study survey take tell test trace track ' +
    'transfer translate try update verify view visit walk watch'
  ).split(' '),
);

const ANSWER_VERBS = new Set(
  (
    'answer avoid be begin cite combine conclude end exclude explain format finish ignore include keep limit mention note point prefer present quote remember reply report ' +
    'respond return say skip state stay stick structure sum summarise summarize think treat use write'
  ).split(' '),
);

const LEADING =
  /^(?:(?:please|then|now|next|first|second|third|finally|lastly|also|and|so|afterwards|once|could|can|would|will|you|kindly|i|want|need|to|let's|let|us|do|by)\b[\s,]*)+/i;

const NEGATED = /^(?:please\s+)?(?:do\s+not|don't|don’t|never|without|no\s+need|not)\b/i;

/** The verb that a clause opens with, or null. */
export function openingVerb(clause: string): string | null {
  const word = /^[a-z]+/.exec(clause.trim().replace(LEADING, '').toLowerCase())?.[0];
  return word !== undefined && (WORK_VERBS.has(word) || ANSWER_VERBS.has(word)) ? word : null;
}

/** True for verbs such as `quote`: they ask for a way of answering, not for work with a tool. */
export function speaksOfAnswer(verb: string): boolean {
  return ANSWER_VERBS.has(verb);
}

export function isForbidding(clause: string): boolean {
  return NEGATED.test(clause.trim());
}

const QUESTION = /^(?:who|what|when|where|which|why|how|is|are|does|do|did|has|have|was|were)\b/i;

export function isQuestion(sentence: string): boolean {
  return QUESTION.test(sentence.trim()) || sentence.trim().endsWith('?');
}

/** Whether a sentence asks for something, as opposed to telling something. */
export function soundsLikeRequest(sentence: string): boolean {
  const text = sentence.trim();
  return openingVerb(text) !== null || isForbidding(text) || isQuestion(text) || /^(?:you|your)\b/i.test(text);
}
