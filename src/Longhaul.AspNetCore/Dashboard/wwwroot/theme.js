// Runs before the first paint, so that a chosen theme does not flash. It is a file because the content security policy has no inline script.
try {
  const theme = localStorage.getItem('longhaul.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme it is.
}
