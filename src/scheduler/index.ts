// The door of the scheduler.

export { type SchedulerParts, schedulerName, startScheduler } from './scheduler.ts';
