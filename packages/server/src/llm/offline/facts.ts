// What a JSON answer is filled from.

/** One line that may be quoted, with what the result or material that it stands in is called. */
export interface Fact {
  readonly text: string;
  readonly label: string;
  /** It tells about the lines around it, such as how many there are. */
  readonly isSentence?: boolean;
}

export interface Facts {
  readonly lines: readonly Fact[];
  /** The whole answer as Markdown, for properties that ask for a report. */
  readonly report: string;
  /** Why tools returned nothing, where all of them failed: told in a summary, never taken for a finding. */
  readonly failures?: readonly string[];
}
