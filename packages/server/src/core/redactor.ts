import { type Draft, REDACTED, type RunnableAction } from '@openhands/protocol'
import type { Secret } from '../lib/secret.ts'
import type { Log } from './ports.ts'
import { secretForms } from './secret-forms.ts'
import { SecretMatcher } from './secret-matcher.ts'

/** So many secrets that clients bring along are known; of more, the oldest are forgotten. */
const MOST_BROUGHT = 1000

/** Takes every secret that the server knows out of what is kept, shown or sent (S18). Knows none at first, and costs nothing then. */
export class Redactor {
  readonly #known = new Map<string, readonly string[]>()
  /** Those of them that clients brought along. */
  readonly #brought = new Set<string>()
  #matcher: SecretMatcher | undefined
  /** The arguments of actions as they were meant, by those that the log has: what is carried out is not redacted. */
  readonly #meant = new WeakMap<object, object>()

  /** From now on this value is a secret, for good if it is the operator's. */
  learn(secret: Secret, whose: 'operator' | 'client' = 'operator'): void {
    const value = secret.reveal()
    if (whose === 'operator') this.#brought.delete(value)
    if (this.#known.has(value)) return
    const forms = secretForms(value)
    if (forms.length === 0) return
    this.#known.set(value, forms)
    if (whose === 'client') this.#brought.add(value)
    this.#matcher ??= new SecretMatcher()
    for (const form of forms) this.#matcher.add(form)
    if (this.#brought.size > MOST_BROUGHT) this.#forgetOldest()
  }

  /** The text without secrets: the same text when there is none in it. */
  text(text: string): string {
    return this.#matcher ? redacted(text, this.#matcher) : text
  }

  /** A value whose texts hold no secrets: the very same value when there is none in it. Pictures are not looked into. */
  value<T>(value: T): T {
    return this.#matcher ? (redactedValue(value, this.#matcher) as T) : value // the same shape with other texts
  }

  /** A draft as the log may have it; `meant` gives its action back as it was. */
  draft(draft: Draft): Draft {
    const kept = this.value(draft)
    if (kept !== draft && 'args' in kept && 'args' in draft) this.#meant.set(kept.args, draft.args)
    return kept
  }

  /** The action to carry out where the log has it without its secrets; after a restart, what the log has. */
  meant<A extends RunnableAction>(action: A): A {
    const args = this.#meant.get(action.args)
    return args ? { ...action, args } : action
  }

  /** Redacts a text that comes in pieces. */
  stream(): RedactedStream {
    return new RedactedStream(() => this.#matcher)
  }

  /** A log that tells no secrets. */
  log(log: Log): Log {
    const { debug } = log
    const tell =
      (told: Log['info']): Log['info'] =>
      (message, fields) =>
        told(this.text(message), fields && this.value(fields))
    return {
      info: tell((...line) => log.info(...line)),
      warn: tell((...line) => log.warn(...line)),
      error: tell((...line) => log.error(...line)),
      ...(debug ? { debug: tell((...line) => debug.call(log, ...line)) } : {}),
    }
  }

  /** An eighth at once: the matcher can only be made anew. */
  #forgetOldest(): void {
    for (const value of [...this.#brought].slice(0, MOST_BROUGHT / 8)) {
      this.#brought.delete(value)
      this.#known.delete(value)
    }
    this.#matcher = new SecretMatcher()
    for (const forms of this.#known.values()) for (const form of forms) this.#matcher.add(form)
  }
}

/** A text in pieces: what may turn out to be a secret waits until it is known whether it is one. */
export class RedactedStream {
  readonly #matcher: () => SecretMatcher | undefined
  #held = ''

  constructor(matcher: () => SecretMatcher | undefined) {
    this.#matcher = matcher
  }

  /** What may be shown now. */
  push(piece: string): string {
    const matcher = this.#matcher()
    const text = this.#held + piece
    this.#held = ''
    if (!matcher) return text
    const open = matcher.open(text)
    let shown = ''
    let from = 0
    for (let match = matcher.find(text, 0); match; match = matcher.find(text, from)) {
      if (match.end > open) break // it may be the beginning of another one
      shown += text.slice(from, match.start) + REDACTED
      from = match.end
    }
    const next = matcher.find(text, from)
    const cut = Math.max(from, Math.min(open, next?.start ?? open))
    this.#held = text.slice(cut)
    return shown + text.slice(from, cut)
  }

  /** Forgets what waits: the text has ended, or begins anew. */
  reset(): void {
    this.#held = ''
  }
}

function redacted(text: string, matcher: SecretMatcher): string {
  let clean = ''
  let from = 0
  for (let match = matcher.find(text, 0); match; match = matcher.find(text, from)) {
    clean += text.slice(from, match.start) + REDACTED
    from = match.end
  }
  return from === 0 ? text : clean + text.slice(from)
}

function redactedValue(value: unknown, matcher: SecretMatcher): unknown {
  if (typeof value === 'string') return value.startsWith('data:image/') ? value : redacted(value, matcher)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(item => redactedValue(item, matcher))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  const entries = Object.entries(value)
  const clean = entries.map(([name, one]) => [name, redactedValue(one, matcher)] as const)
  return clean.some(([, one], index) => one !== entries[index]?.[1]) ? Object.fromEntries(clean) : value
}
