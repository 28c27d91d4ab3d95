/** What the scripted model is to do, written into the user's message so that it needs to know nothing of sessions. */
export interface Plan {
  /** Names the requests in the model's record. */
  readonly id: string
  /** The model calls for this command so many times, `{step}` replaced by its number, so that no two are the same; then it finishes. */
  readonly command?: string
  readonly steps?: number
  /** Steps whose answer is held back until it is released. */
  readonly holds?: readonly number[]
  /** The model says so many words instead. */
  readonly words?: number
}

const before = 'Follow this plan: '

/** The user's message that carries a plan. */
export function messageWith(plan: Plan): string {
  return before + JSON.stringify(plan)
}

/** The plan in a user's message; nothing to do when there is none. */
export function planIn(message: string): Plan {
  const at = message.indexOf(before)
  return at < 0 ? { id: '' } : JSON.parse(message.slice(at + before.length).split('\n')[0] ?? '')
}
