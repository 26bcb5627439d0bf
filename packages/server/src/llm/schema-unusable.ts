// A model in this house found that no answer can be made for the output schema in bounded time: its author must
// mend it, and asking again would not help.

export class SchemaUnusable extends Error {
  readonly why: string;

  constructor(why: string) {
    super(`No answer can be made for the schema: ${why}.`);
    this.name = 'SchemaUnusable';
    this.why = why;
  }
}
