import type { TreeLevel } from '@openhands/protocol'
import { type QueryKey, type UseQueryResult, useQueries, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { FileCalls } from '../../api/files.ts'
import type { Touched } from '../../store/file-watch.ts'
import { problemOf } from '../../store/problem.ts'
import { useKept } from '../../ui/use-kept.ts'
import { isTouched, type Level, rowsOf, type TreeRow } from './tree-rows.ts'

/** The tree of a workspace, as far as it is open. */
export interface TreeView {
  readonly rows: readonly TreeRow[]
  /** Undefined until it is known. */
  readonly running: boolean | undefined
  /** Why the workspace itself cannot be listed. */
  readonly problem: string | undefined
  readonly isLoading: boolean
  /** Opens or closes a folder. */
  readonly toggle: (path: string, open: boolean) => void
  /** Asks anew for the levels that changes may have changed. */
  readonly refresh: (touched: Touched) => Promise<void>
}

/** More open folders than these are closed again, the one that was opened first of all first. */
const MOST_OPEN = 200

/** Loads each level of the tree when its folder is opened. */
export function useTree(session: string, calls: FileCalls): TreeView {
  const [opened, setOpened] = useKept<readonly string[]>(`${session} files open`, [])
  const queries = useQueryClient()
  const tree = useQueries({
    queries: levelsOf(opened).map(path => ({
      queryKey: [session, 'files', 'level', path],
      queryFn: ({ signal }: { signal: AbortSignal }) => calls.level(path, signal),
    })),
    // The same function as long as the same folders are open: the rows are made anew only when something has changed.
    combine: useCallback((asked: readonly UseQueryResult<TreeLevel>[]) => combined(opened, asked), [opened]),
  })
  return {
    ...tree,
    toggle: (path, open) => {
      const others = opened.filter(each => each !== path)
      setOpened(open ? [...others.slice(1 - MOST_OPEN), path] : others)
    },
    refresh: touched => {
      const predicate = ({ queryKey }: { queryKey: QueryKey }): boolean => isTouched(String(queryKey[3]), touched)
      const filter = { queryKey: [session, 'files', 'level'], predicate }
      return queries.invalidateQueries(filter)
    },
  }
}

/** The workspace itself, and the folders that are open in it. */
function levelsOf(opened: readonly string[]): readonly string[] {
  return ['', ...opened]
}

function combined(
  opened: readonly string[],
  asked: readonly UseQueryResult<TreeLevel>[],
): Pick<TreeView, 'rows' | 'running' | 'problem' | 'isLoading'> {
  const levels = new Map<string, Level>()
  levelsOf(opened).forEach((path, index) => {
    const { data, isError } = asked[index] ?? {}
    levels.set(path, data ?? (isError ? 'failed' : 'loading'))
  })
  const root = asked[0]
  return {
    rows: rowsOf(levels, new Set(opened)),
    running: root?.data?.running,
    problem: root?.data ? undefined : problemOf(root?.error),
    isLoading: asked.some(each => each.isFetching),
  }
}
