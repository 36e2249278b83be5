// Numbers, times and sizes in words. Pure functions: the present is a parameter.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const unknown = '–';

/** 12,345 */
export function number(value) {
  return value === null || value === undefined ? unknown : grouped.format(value >= 100 ? Math.floor(value) : value);
}

/** 940, 12.3 k, 4.1 M: for places where a long number would not fit. */
export function short(value) {
  if (value === null || value === undefined) return unknown;
  if (Math.abs(value) < 10_000) return grouped.format(Math.round(value * 10) / 10);
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (Math.abs(value) >= size) return `${trim(value / size)} ${unit}`;
  }
}

/** 65.0 %. Never 100 before it is all done. */
export function percent(fraction) {
  if (fraction === null || fraction === undefined || Number.isNaN(fraction)) return unknown;
  const share = Math.min(1, Math.max(0, fraction));
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

/** Seconds as a person says them: 0.4 s, 12 s, 3 min 05 s, 2 h 14 min, 3 d 4 h. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return unknown;
  const s = Math.max(0, seconds);
  if (s === 0) return '0 s';
  if (s < 0.001) return '<1 ms';
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 9.95) return `${(Math.floor(s * 10) / 10).toFixed(1)} s`;
  const whole = Math.floor(s);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`;
  return `${grouped.format(Math.floor(whole / 86_400))} d ${Math.floor(whole / 3600) % 24} h`;
}

/** A duration at the side of a chart: 40 ms, 100 s, 2.5 min, 3 h. */
export function axis(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 1) return `${trim(seconds * 1000)} ms`;
  for (const [size, unit] of [[172_800, 'd'], [7200, 'h'], [120, 'min']]) {
    if (seconds >= size) return `${trim(seconds / { d: 86_400, h: 3600, min: 60 }[unit])} ${unit}`;
  }
  return `${trim(seconds)} s`;
}

/** Milliseconds: 142 ms, 1.2 s. */
export function milliseconds(value) {
  return value === null || value === undefined ? unknown : value < 1 && value > 0 ? `${value.toFixed(2)} ms` : duration(value / 1000);
}

/** A duration as an estimate deserves it, without a false exactness: 40 s, 5 min, 2 h 10 min, 3 d. */
export function roughly(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return unknown;
  const s = Math.max(0, seconds);
  if (s < 10) return `${Math.ceil(s)} s`;
  if (s < 90) return `${Math.round(s / 5) * 5} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const tens = Math.round(minutes / 10) * 10;
  if (tens < 600) return `${Math.floor(tens / 60)} h ${two(tens % 60)} min`;
  const hours = Math.round(s / 3600);
  return hours < 72 ? `${hours} h` : `${Math.round(s / 86_400)} d`;
}

/** The seconds left until `total`, from what is done and how fast it goes; null where that cannot be said. */
export function secondsLeft(done, total, rate) {
  if (!(rate > 0) || !(total > 0) || done === null || done === undefined) return null;
  return Math.max(0, (total - done) / rate);
}

/** 12.3/s, 45/min, 3/h: the unit in which the number is at least 1. */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined || Number.isNaN(perSecond)) return unknown;
  if (perSecond === 0) return '0/s';
  if (perSecond >= 1) return `${perSecond >= 10_000 ? short(perSecond) : grouped.format(Number(trim(perSecond)))}/s`;
  if (perSecond * 60 >= 1) return `${trim(perSecond * 60)}/min`;
  return `${trim(perSecond * 3600)}/h`;
}

/** 512 B, 14.2 KiB, 3.1 MiB */
export function bytes(value) {
  if (value === null || value === undefined) return unknown;
  let size = value;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (size < 1024) return `${unit === 'B' ? size : trim(size)} ${unit}`;
    size /= 1024;
  }
  return `${trim(size)} TiB`;
}

/** The seconds from a time (ISO text) to now; null where there is no time. */
export function age(time, now) {
  return time === null || time === undefined ? null : (now - Date.parse(time)) / 1000;
}

/** just now, 12 s ago, 5 min ago, in 3 h, 4 d ago */
export function ago(time, now) {
  const seconds = age(time, now);
  if (seconds === null || Number.isNaN(seconds)) return unknown;
  const distance = Math.abs(seconds);
  if (distance < 2) return 'just now';
  const text = distance < 60 ? `${Math.floor(distance)} s`
    : distance < 3600 ? `${Math.floor(distance / 60)} min`
    : distance < 172_800 ? `${Math.floor(distance / 3600)} h`
    : `${grouped.format(Math.floor(distance / 86_400))} d`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** 14:03:22 in the reader's own time. */
export function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? unknown : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** 2026-11-28 14:03:22 in the reader's own time. */
export function moment(time) {
  if (time === null || time === undefined) return unknown;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? unknown : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(time)}`;
}

/** A text cut in the middle, so that its beginning and its end stay. */
export function cut(text, length) {
  if (text === null || text === undefined) return '';
  const signs = [...text];
  if (signs.length <= length) return text;
  const head = Math.ceil((length - 1) * 0.6);
  return `${signs.slice(0, head).join('')}…${signs.slice(signs.length - (length - 1 - head)).join('')}`;
}

/** JSON with two spaces; what is not JSON stays as it is. */
export function pretty(json) {
  if (json === null || json === undefined) return '';
  if (typeof json !== 'string') return JSON.stringify(json, null, 2);
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function two(value) {
  return String(value).padStart(2, '0');
}

// One digit after the point below 100, none above, and no ".0".
function trim(value) {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
