/** Upper and lower case letter by letter as in Go: a letter stays one letter, and its neighbours do not matter. */

const ASCII_ONLY = /^[\0-\x7f]*$/;
/** Small Greek letters with an iota below have capitals of their own, which `toUpperCase` writes as two letters. */
const WITH_IOTA = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]/;
const MORE_WITH_IOTA = /[\u1fb3\u1fc3\u1ff3]/;

export function upperCase(text: string): string {
  return ASCII_ONLY.test(text) ? text.toUpperCase() : Array.from(text, upperLetter).join('');
}

export function lowerCase(text: string): string {
  return ASCII_ONLY.test(text) ? text.toLowerCase() : Array.from(text, lowerLetter).join('');
}

function upperLetter(letter: string): string {
  const upper = letter.toUpperCase();
  if (isOneLetter(upper)) return upper;
  if (WITH_IOTA.test(letter)) return String.fromCharCode(letter.charCodeAt(0) + 8);
  return MORE_WITH_IOTA.test(letter) ? String.fromCharCode(letter.charCodeAt(0) + 9) : letter;
}

function lowerLetter(letter: string): string {
  const lower = letter.toLowerCase();
  // The capital I with a dot alone becomes two: an i and another dot.
  return isOneLetter(lower) ? lower : lower.slice(0, 1);
}

function isOneLetter(text: string): boolean {
  return text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1);
}
