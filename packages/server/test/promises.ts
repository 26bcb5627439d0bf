// What the product promises to whoever uses it. Each promise is held by at least one test, which says so in its title or in a
// comment with `promise: <id>`; promises.test.ts fails on one that no test cites.

export interface ProductPromise {
  id: string;
  sentence: string;
}

export const productPromises: readonly ProductPromise[] = [
  {
    id: 'no-unknown-field',
    sentence:
      'What you send is taken as you meant it or refused: a field that we do not know is never dropped in silence.',
  },
];
