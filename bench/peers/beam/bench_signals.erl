%% SPDX-License-Identifier: Apache-2.0
%% Names, links and monitors.

-module(bench_signals).
-export([look_up_names/1, monitor_demonitor/1, exit_links/1, exit_monitors/1]).
-export([die_together/1]).
-import(bench_measure, [ns_each/2, receive_all/2, warm_up/1]).

look_up_names(Count) ->
    Names = [register_one(I) || I <- lists:seq(1, 1000)],
    find_all(Names, Names, warm_up(Count)),
    [{"", ns_each(Count, fun() -> find_all(Names, Names, Count) end)}].

register_one(Number) ->
    Name = list_to_atom("process_" ++ integer_to_list(Number)),
    register(Name, spawn(fun wait_for_the_end/0)),
    Name.

wait_for_the_end() ->
    receive done -> ok end.

find_all(_, _, 0) ->
    ok;
find_all([], Names, Left) ->
    find_all(Names, Names, Left);
find_all([Name | Others], Names, Left) ->
    true = is_pid(whereis(Name)),
    find_all(Others, Names, Left - 1).

monitor_demonitor(Count) ->
    Watched = spawn(fun wait_for_the_end/0),
    watch_and_forget(Watched, warm_up(Count)),
    [{"", ns_each(Count, fun() -> watch_and_forget(Watched, Count) end)}].

watch_and_forget(_, 0) ->
    ok;
watch_and_forget(Watched, Left) ->
    erlang:demonitor(erlang:monitor(process, Watched), [flush]),
    watch_and_forget(Watched, Left - 1).

exit_links(Count) ->
    end_of_the_watched(fun link_and_wait/2, Count).

exit_monitors(Count) ->
    end_of_the_watched(fun monitor_and_wait/2, Count).

%% From the end of a process until all who watch it have seen it.
end_of_the_watched(Watch, Count) ->
    bench_measure:expect_crowd(),
    Me = self(),
    Centre = spawn(fun wait_for_the_end/0),
    bench_measure:repeat(Count, fun() -> spawn(fun() -> Watch(Centre, Me) end) end),
    receive_all(ready, Count),
    Each = ns_each(Count, fun() ->
        exit(Centre, kill),
        receive_all(seen, Count)
    end),
    [{"", Each}].

%% From the end of a process until all who are linked to it are known to have died of it.
die_together(Count) ->
    bench_measure:expect_crowd(),
    Centre = spawn(fun wait_for_the_end/0),
    spawn_bound_to(Centre, Count),
    Each = ns_each(Count, fun() ->
        exit(Centre, kill),
        hear_the_end_of(Count)
    end),
    [{"", Each}].

%% In batches, so that they are not all ready at once. Each is linked to the centre and monitored.
spawn_bound_to(_, 0) ->
    ok;
spawn_bound_to(Centre, Left) ->
    Batch = min(Left, 1000),
    Me = self(),
    bench_measure:repeat(Batch, fun() -> spawn_monitor(fun() -> live_with(Centre, Me) end) end),
    receive_all(ready, Batch),
    spawn_bound_to(Centre, Left - Batch).

live_with(Centre, Starter) ->
    link(Centre),
    Starter ! ready,
    receive done -> ok end.

hear_the_end_of(0) ->
    ok;
hear_the_end_of(Left) ->
    receive {'DOWN', _, process, _, _} -> hear_the_end_of(Left - 1) end.

link_and_wait(Centre, Starter) ->
    process_flag(trap_exit, true),
    link(Centre),
    Starter ! ready,
    receive {'EXIT', Centre, _} -> Starter ! seen end.

monitor_and_wait(Centre, Starter) ->
    Monitor = monitor(process, Centre),
    Starter ! ready,
    receive {'DOWN', Monitor, process, _, _} -> Starter ! seen end.
