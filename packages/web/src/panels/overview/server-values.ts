import type { ServerSetting } from '@openhands/protocol'

/** What counts where a session has no setting of its own; absent where the server has none either, or has not told yet. */
export interface ServerValues {
  readonly model?: string
  readonly confirmation?: string
  readonly analyzer?: string
  /** US dollars. */
  readonly budget?: number
}

/** The values that an overview needs of all that the server tells. */
export function serverValues(settings: readonly Pick<ServerSetting, 'name' | 'value'>[]): ServerValues {
  const told = (name: string): ServerSetting['value'] => settings.find(each => each.name === name)?.value ?? null
  const words = (name: string): string | undefined => {
    const value = told(name)
    return typeof value === 'string' ? value : undefined
  }
  const [model, confirmation, analyzer, budget] = [
    words('model'),
    words('confirmation'),
    words('analyzer'),
    told('maxBudget'),
  ]
  return {
    ...(model === undefined ? {} : { model }),
    ...(confirmation === undefined ? {} : { confirmation }),
    ...(analyzer === undefined ? {} : { analyzer }),
    ...(typeof budget === 'number' ? { budget } : {}),
  }
}
