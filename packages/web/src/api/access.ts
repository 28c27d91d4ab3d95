/** The token of this tab. It lives in memory and, so that a reload keeps it, in this tab's session storage. */
const KEY = 'openhands.token'
let token = read()
const listeners = new Set<() => void>()
let denied = false

function read(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined // a browser that stores nothing: memory is enough until the reload
  }
}

/** The token to present, if the server asks for one. */
export function currentToken(): string | undefined {
  return token
}

/** Keeps another token, or none. */
export function keepToken(next: string | undefined): void {
  token = next
  denied = false
  try {
    if (next === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, next)
  } catch {
    // as above
  }
  tell()
}

/** Says that the server has refused this tab: the page asks for a token. */
export function noteDenied(): void {
  if (denied) return
  denied = true
  tell()
}

/** Whether the server has refused this tab. */
export function isDenied(): boolean {
  return denied
}

/** Calls `listener` when somebody is let in or refused; returns the undo. */
export function onAccess(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function tell(): void {
  for (const listener of listeners) listener()
}
