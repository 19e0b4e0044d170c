// The words of this page in its reader's language, as the page brought them.

export const words = JSON.parse(document.getElementById("words").textContent);
