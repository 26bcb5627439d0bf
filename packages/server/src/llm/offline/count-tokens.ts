// An estimate of tokens for a model that has none of its own: the count of a public tokenizer, taken in
// small pieces with a pause between them, so that a long prompt never holds the event loop.
import { pauseBriefly } from './pause.ts';

const PIECE = 4_000;
/** The tokenizer is quadratic on text without breaks: such runs are counted by their length. */
const UNBROKEN = /[^\s.,;:/(){}[\]"'=_<>|-]{400,}/g;
const CHARACTERS_PER_TOKEN = 4;

type Count = (text: string) => number;

let counting: Promise<Count> | null = null;

function loadCount(): Promise<Count> {
  counting ??= import('gpt-tokenizer/encoding/cl100k_base').then(({ countTokens }) => {
    return (text: string) => countTokens(text, { disallowedSpecial: new Set<string>() });
  });
  return counting;
}

export async function estimateTokens(text: string, signal: AbortSignal | undefined): Promise<number> {
  const count = await loadCount();
  let total = 0;
  for (let from = 0; from < text.length; from += PIECE) {
    const piece = text.slice(from, from + PIECE);
    total += countPiece(piece, count);
    await pauseBriefly(signal);
  }
  return total;
}

function countPiece(piece: string, count: Count): number {
  let long = 0;
  const rest = piece.replace(UNBROKEN, (run) => {
    long += Math.ceil(run.length / CHARACTERS_PER_TOKEN);
    return ' ';
  });
  return count(rest) + long;
}
