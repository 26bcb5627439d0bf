// The chosen theme: dark, light, or what the system says. public/theme.js applies it before the first paint.
import { createStore } from './store.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'gathering.theme';

function restore(): Theme {
  const stored = localStorage.getItem(key);
  return themes.find((theme) => theme === stored) ?? 'system';
}

export const theme = createStore<Theme>(restore());

export function chooseTheme(next: Theme): void {
  localStorage.setItem(key, next);
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  theme.set(next);
}
