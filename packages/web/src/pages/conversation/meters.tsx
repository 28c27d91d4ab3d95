import type { JSX } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { dollars, short } from '../../ui/format.ts'

/** Characters that a token has, about; the server reckons with as many when it makes room. */
const CHARACTERS = 3

/** Cost, tokens and how much of the history the model is shown, small. */
export function Meters(): JSX.Element | null {
  const usage = useConversation(view => view.state.usage)
  const viewSize = useConversation(view => view.state.viewSize)
  const budget = useConversation(view => view.state.settings.max_budget)
  const cost = usage.costKnown ? dollars(usage.cost) : text.meters.costAtLeast(dollars(usage.cost))
  const tokens = usage.promptTokens + usage.completionTokens
  const context = short(viewSize / CHARACTERS)
  return (
    <dl className="flex shrink-0 items-center gap-3 tabular-nums">
      <Meter
        name={text.meters.cost}
        value={budget === undefined ? cost : `${cost} ${text.meters.budget(dollars(budget))}`}
      />
      {tokens > 0 && (
        <Meter
          name={text.meters.tokens}
          value={short(tokens)}
          hint={`${short(usage.promptTokens)} ${text.meters.tokensIn} (${short(usage.cacheReadTokens)} ${text.meters.cached}), ${short(usage.completionTokens)} ${text.meters.tokensOut}`}
        />
      )}
      <Meter name={text.meters.context} value={context} hint={text.meters.contextHint(context)} narrow />
    </dl>
  )
}

function Meter({
  name,
  value,
  hint,
  narrow,
}: {
  name: string
  value: string
  hint?: string
  narrow?: boolean
}): JSX.Element {
  return (
    <div className={`flex gap-1 ${narrow ? 'max-sm:hidden' : ''}`} title={hint}>
      <dt className="max-sm:sr-only">{name}</dt>
      <dd className="text-ink">{value}</dd>
    </div>
  )
}
