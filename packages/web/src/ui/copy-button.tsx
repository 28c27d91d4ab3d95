import { type JSX, useEffect, useState } from 'react'
import { text as words } from '../text.ts'
import { IconButton } from './button.tsx'

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
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return undefined
    const timer = setTimeout(() => setDone(false), 1_500)
    return () => clearTimeout(timer)
  }, [done])
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => setDone(true),
      () => setDone(false),
    )
  }
  return (
    <IconButton
      icon={done ? 'check' : 'copy'}
      label={done ? words.common.copied : label}
      onClick={copy}
      className={className}
    />
  )
}
