-- That a sprint is of one project. Without knowing it, the planner takes the sprint a view names and
-- the projects its caller may see for two conditions that few rows meet both of: it expected 5 tasks
-- where there were 1,000, and compared each with each person.

set lock_timeout = '5s';
set statement_timeout = '30s';

create statistics public.tasks_sprint_project (dependencies) on sprint_id, project_id from public.tasks;
create statistics public.task_events_sprint_project (dependencies) on sprint_id, project_id from public.task_events;

-- Events of a sprint by one index, the policies' condition included: without it there,
-- all events of the caller's projects were looked up too, to be met with the sprint's.
drop index public.task_events_sprint;
create index task_events_sprint on public.task_events (sprint_id, project_id, task_id);
