// Times as Slack writes them, in the reader's zone. https://docs.slack.dev/messaging/formatting-message-text/#date-formatting

const DAY = 86_400;
const HALF_YEAR = 183 * DAY;

const now = () => Date.now() / 1000;

function parts(epoch, zone) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "long",
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    second: "2-digit",
    hour12: true,
  });
  return Object.fromEntries(format.formatToParts(new Date(epoch * 1000)).map((part) => [part.type, part.value]));
}

/** "2026-11-23" in the zone: equal for two moments of the same day. */
export function dayKey(epoch, zone) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date(epoch * 1000));
}

function ordinal(day) {
  const teen = day % 100 > 10 && day % 100 < 14;
  return `${day}${(!teen && ["th", "st", "nd", "rd"][day % 10]) || "th"}`;
}

function near(epoch, zone) {
  const key = dayKey(epoch, zone);
  const names = {
    [dayKey(now(), zone)]: "Today",
    [dayKey(now() - DAY, zone)]: "Yesterday",
    [dayKey(now() + DAY, zone)]: "Tomorrow",
  };
  return names[key];
}

export function clock(epoch, zone) {
  const { hour, minute, dayPeriod } = parts(epoch, zone);
  return `${hour}:${minute} ${dayPeriod}`;
}

export function dayTitle(epoch, zone) {
  const { weekday, month, day, year } = parts(epoch, zone);
  const ending = Math.abs(now() - epoch) < HALF_YEAR ? "" : `, ${year}`;
  return near(epoch, zone) ?? `${weekday}, ${month} ${ordinal(Number(day))}${ending}`;
}

/** The full moment, for a tooltip: "Nov 23 at 9:12:05 AM". */
export function moment(epoch, zone) {
  const { month, day, hour, minute, second, dayPeriod } = parts(epoch, zone);
  return `${near(epoch, zone) ?? `${month.slice(0, 3)} ${day}`} at ${hour}:${minute}:${second} ${dayPeriod}`;
}

export function ago(epoch) {
  const seconds = Math.round(now() - epoch);
  const size = Math.abs(seconds);
  const [count, unit] =
    size < 60
      ? [size, "second"]
      : size < 3600
        ? [size / 60, "minute"]
        : size < DAY
          ? [size / 3600, "hour"]
          : size < 30 * DAY
            ? [size / DAY, "day"]
            : size < 365 * DAY
              ? [size / (30 * DAY), "month"]
              : [size / (365 * DAY), "year"];
  const whole = Math.floor(count);
  const words = `${whole} ${unit}${whole === 1 ? "" : "s"}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

/** "{date_short_pretty} at {time}" → "Today at 9:12 AM"; null when the format or the epoch is not one Slack knows. */
export function formatDate(epoch, format, zone) {
  if (!Number.isFinite(epoch) || !/\{\w+\}/.test(format)) return null;
  const { weekday, month, day, year, hour, minute, second, dayPeriod } = parts(epoch, zone);
  // Slack leaves the year out when the date is less than six months away.
  const recent = Math.abs(now() - epoch) < HALF_YEAR;
  const long = `${month} ${ordinal(Number(day))}${recent ? "" : `, ${year}`}`;
  const plain = {
    date_num: dayKey(epoch, zone),
    date_slash: dayKey(epoch, zone).replaceAll("-", "/"),
    date: long,
    date_short: `${month.slice(0, 3)} ${day}${recent ? "" : `, ${year}`}`,
    date_long: `${weekday}, ${long}`,
    date_long_full: `${month} ${day}, ${year}`,
    day_divider: `${weekday}, ${long}`,
    time: `${hour}:${minute} ${dayPeriod}`,
    time_secs: `${hour}:${minute}:${second} ${dayPeriod}`,
    ago: ago(epoch),
  };
  let known = true;
  const text = format.replace(/\{(\w+?)(_pretty)?\}/g, (token, name, pretty, offset) => {
    if (!(name in plain)) known = false;
    const word = pretty && near(epoch, zone);
    return word ? (offset === 0 ? word : word.toLowerCase()) : plain[name];
  });
  return known ? text : null;
}
