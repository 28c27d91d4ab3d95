import type { JSX, ReactNode } from 'react'

/** The whole address of a link that may be followed, with foreign letters spelled out; undefined for every other (S16). */
export function safeAddress(url: string): string | undefined {
  if (!/^(?:https?|mailto):/i.test(url)) return undefined
  try {
    return new URL(url).href
  } catch {
    return undefined
  }
}

/** A link out of a text that nobody vouches for: its whole address is seen, and it opens on a click and in a tab that knows nothing of this one. */
export function SafeLink({ url, children }: { url: string; children: ReactNode }): JSX.Element {
  const href = safeAddress(url)
  if (href === undefined) {
    return (
      <span>
        {children}
        {url !== '' && children !== url && <span className="text-muted"> ({url})</span>}
      </span>
    )
  }
  const isBare = typeof children === 'string' && sameAddress(children, href)
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      className="text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent"
    >
      {isBare ? href : children}
      {!isBare && <span className="ml-1 text-[0.85em] break-all text-muted no-underline">({href})</span>}
    </a>
  )
}

function sameAddress(shown: string, href: string): boolean {
  return shown === href || `${shown}/` === href || shown === href.replace(/^mailto:/, '')
}
