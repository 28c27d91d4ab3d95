import type { Text } from '@codemirror/state'
import { useSyncExternalStore } from 'react'
import type { Expected } from '../../api/files.ts'

/** What somebody has typed and not saved. */
export interface Draft {
  readonly doc: Text
  readonly separator: string
  /** What the file was when it was begun. */
  readonly base: Expected
}

/** Drafts outlive the panel: they are there until they are saved or discarded, or the page is closed, which asks first. */
const drafts = new Map<string, Draft>()
const listeners = new Set<() => void>()
let keys: ReadonlySet<string> = new Set()

/** The name of a draft. */
export function draftKey(session: string, path: string): string {
  return `${session}/${path}`
}

/** A draft as it is now. */
export function draftOf(key: string): Draft | undefined {
  return drafts.get(key)
}

/** The draft of a file, if there is one. */
export function useDraft(key: string): Draft | undefined {
  return useSyncExternalStore(subscribe, () => drafts.get(key))
}

/** The keys of all drafts; another object whenever one came or went. */
export function useDraftKeys(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => keys)
}

/** Keeps a draft, or none. */
export function keepDraft(key: string, draft: Draft | undefined): void {
  if (draft) drafts.set(key, draft)
  else drafts.delete(key)
  tell()
}

/** Lets drafts go with a file or folder: to its new name, or away with it where there is none. */
export function moveDrafts(from: string, to: string | undefined): void {
  for (const [key, draft] of [...drafts]) {
    if (key !== from && !key.startsWith(`${from}/`)) continue
    drafts.delete(key)
    if (to !== undefined) drafts.set(to + key.slice(from.length), draft)
  }
  tell()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(): void {
  if (drafts.size !== keys.size || [...drafts.keys()].some(key => !keys.has(key))) keys = new Set(drafts.keys())
  if (drafts.size > 0) addEventListener('beforeunload', ask)
  else removeEventListener('beforeunload', ask)
  for (const listener of listeners) listener()
}

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault()
}
