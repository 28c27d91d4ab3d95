import type { JSX } from 'react'
import { text as words } from '../text.ts'
import { IconButton } from './button.tsx'
import { useCopied } from './use-copied.ts'

/** Copies a text, and says for a moment that it has. */
export function CopyButton({
  text,
  label = words.common.copy,
  className = '',
}: {
  text: string
  label?: string
  className?: string
}): JSX.Element {
  const [done, copy] = useCopied()
  return (
    <IconButton
      icon={done ? 'check' : 'copy'}
      label={done ? words.common.copied : label}
      onClick={() => copy(text)}
      className={className}
    />
  )
}
