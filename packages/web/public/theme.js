// Sets the chosen theme before the first paint; the policy on content forbids doing it inline.
const chosenTheme = localStorage.getItem('gathering.theme');
if (chosenTheme === 'dark' || chosenTheme === 'light') document.documentElement.dataset.theme = chosenTheme;
