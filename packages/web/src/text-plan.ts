/** English texts of an agent's plan; see `text.ts`. */
export const planText = {
  title: 'Plan',
  was: 'Plan as it was',
  progress: (done: number, total: number) => `${done} of ${total}`,
  done: (done: number, total: number) => `${done} of ${total} done`,
  now: (step: string) => `now: ${step}`,
  states: { open: 'to do', doing: 'in progress', done: 'done' },
  all: (count: number) => `Show all ${count} steps`,
  less: 'Show fewer steps',
  goTo: 'Show it in the conversation',
  list: 'Steps of the plan',
  delegate: {
    task: 'Task',
    agent: 'Agent',
    outputs: 'Output',
    inputs: 'Inputs',
    none: 'It gave nothing back.',
  },
} as const
