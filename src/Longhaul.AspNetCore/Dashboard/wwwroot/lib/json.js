// JSON as people wrote it. JavaScript's own numbers would round 12345678901234567890 and drop the zero of 1.10.

/** Reads JSON; whole numbers that a double cannot hold stay exact when they are printed again, where the browser can do that. */
export function parse(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') && JSON.rawJSON !== undefined
      ? JSON.rawJSON(context.source)
      : value);
}

/** The error of a text that is no JSON, or null. */
export function problem(text) {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error.message;
  }
}

/** Lays JSON text out anew without reading its values: every number and string stays as it was written. */
export function layOut(text) {
  if (problem(text) !== null) return text;
  let out = '';
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '{' || token === '[') {
      out += token;
      depth++;
      line();
    } else if (token === '}' || token === ']') {
      depth--;
      if (/[{[]\s*$/.test(out)) out = out.trimEnd();
      else line();
      out += token;
    } else if (token === ',') {
      out += token;
      line();
    } else {
      out += token === ':' ? ': ' : token;
    }
  }
  return out;

  function line() {
    out += `\n${'  '.repeat(depth)}`;
  }
}
