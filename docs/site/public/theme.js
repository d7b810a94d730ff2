// The theme of the pages that show sources: the one that was chosen on the other pages, where VitePress stores it.
const KEY = 'vitepress-theme-appearance';
const stored = localStorage.getItem(KEY) ?? 'auto';
const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
const { classList } = document.documentElement;
classList.toggle('dark', stored === 'dark' || (stored === 'auto' && prefersDark));

addEventListener('DOMContentLoaded', () => {
  document.querySelector('header button').addEventListener('click', () => {
    localStorage.setItem(KEY, classList.toggle('dark') ? 'dark' : 'light');
  });
});
