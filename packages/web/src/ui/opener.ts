// Where the focus goes when a dialog closes: to what opened it, or near to where that was, if it is gone by then.
type Opener = readonly HTMLElement[];

let last: Opener = [];

/** What has the focus as a dialog opens, with all that it stands in, inside first. */
export function findOpener(): Opener {
  const { activeElement } = document;
  // A dialog that takes the place of another one was opened by what opened that.
  if (!(activeElement instanceof HTMLElement) || activeElement === document.body) return last;
  // The entry of a menu goes with its menu: what opened that counts.
  const menu = activeElement.closest('[role="menu"]');
  const found: HTMLElement[] = [];
  let next = menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : activeElement;
  // Not up to the root of all pages: what opened it may have been on another one.
  for (; next !== null && next.id !== 'root' && next !== document.body; next = next.parentElement) found.push(next);
  last = found;
  return last;
}

/** Not where another dialog is open by now, which keeps it. */
export function focusOpener(opener: Opener): void {
  const left = opener.find((one) => one.isConnected);
  const open = document.querySelector('[role="dialog"][data-state="open"]');
  if (left === undefined || (open !== null && !open.contains(left))) return;
  const target =
    left === opener[0] ? left : left.querySelector<HTMLElement>('button, a[href], input, select, textarea');
  target?.focus({ preventScroll: true });
}
