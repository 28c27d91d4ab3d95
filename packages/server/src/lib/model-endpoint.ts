/** What decides where a key for a model is sent. */
interface Named {
  readonly model?: string | null | undefined
  readonly baseUrl?: string | null | undefined
}

/** The provider in front of a model's name and the base URL, as one text: a key entered for one is for no other (S21). */
export function modelEndpoint({ model, baseUrl }: Named): string {
  const name = (model ?? '').trim().toLowerCase()
  const slash = name.indexOf('/')
  return JSON.stringify([slash > 0 ? name.slice(0, slash) : name, (baseUrl ?? '').trim().replace(/\/+$/, '')])
}
