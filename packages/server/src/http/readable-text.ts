import { type Event, isAction } from '@openhands/protocol'

/** What pages show nothing of, or nothing but a word of their own. */
const unseen = new Set(['initialize', 'null', 'agent_state_changed', 'user_rejected'])
/** Observations whose words pages replace by a picture of the change. */
const pictured = new Set(['edit', 'write', 'null', 'agent_state_changed', 'user_rejected'])
/** Arguments that are for programs. */
const forPrograms = new Set([
  'agent_state',
  'before',
  'checkpoint',
  'confirmation_state',
  'image_urls',
  'impl_source',
  'kernel_init_code',
  'remember',
  'state',
  'translated_ipython_code',
])
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][0-9A-B]|[=>78])/g
/** A picture within a text. */
const PICTURES = /data:[\w.+-]+\/[\w.+-]+;base64,[\w+/=]*/g

/** Everything that people can read of an event, each text for itself. */
export function readableText(event: Event): readonly string[] {
  const thoughts = (event.reasoning ?? []).map(({ text }) => text)
  if (isAction(event)) {
    if (unseen.has(event.action)) return thoughts
    const isEnd = (event.action === 'finish' || event.action === 'reject') && event.args.thought === ''
    return [...thoughts, ...textsIn(event.args), ...(isEnd ? [event.message] : [])]
  }
  if (pictured.has(event.observation)) return thoughts
  const address = event.observation === 'browse' ? [event.extras.url] : []
  return [...address, bare(event.content)]
}

/** The event at whose place people see an event. */
export function placeShown(event: Event): number {
  if (isAction(event)) return event.action === 'amend' ? event.args.message : event.id
  return event.cause ?? event.id
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [bare(value)]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (forPrograms.has(name) ? [] : textsIn(each)))
}

/** As it is read: no colours, no bytes of pictures. */
function bare(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(ESCAPES, '') : text
  return plain.includes(';base64,') ? plain.replace(PICTURES, '') : plain
}
