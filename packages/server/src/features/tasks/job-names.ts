// The name of the job that works on one turn, apart from what it does, so that whoever starts or stops one may know it.
export const runTaskTurnJob = 'tasks.run-turn';
