// Talks to the sandbox's page API. Every answer is JSON; a failed request becomes {ok: false, error}.

async function request(path, options) {
  try {
    const response = await fetch(path, options);
    const answer = await response.json();
    return response.ok ? answer : { ok: false, error: answer.error ?? `http_${response.status}` };
  } catch {
    return { ok: false, error: "not_connected" };
  }
}

export function get(path, query) {
  return request(`/page/${path}?${new URLSearchParams(query)}`);
}

export function post(path, body) {
  return request(`/page/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
  });
}

/** {ok, file} once the workspace holds the file. */
export function upload(userId, file) {
  const body = new FormData();
  body.append("user", userId);
  body.append("file", file);
  return request("/page/upload", { method: "POST", body });
}

/** The wire's journal after entry number `since`: {entries}. */
export function journal(since, last) {
  return request(`/control/journal?${new URLSearchParams({ since, last })}`);
}

/** Calls `heard(event)` for each server event, `opened()` whenever the stream (re)connects, `lost()` when it breaks. */
export function listen(userId, heard, opened, lost) {
  const source = new EventSource(`/page/events?${new URLSearchParams({ user: userId })}`);
  source.onopen = opened;
  source.onerror = lost;
  source.onmessage = (message) => heard(JSON.parse(message.data));
  return source;
}
