%% SPDX-License-Identifier: Apache-2.0
%% Runs one workload in a process of its own and prints its figures; `run` is the way to start it.
%%
%% A workload is a function of about how many operations to do. It answers [{Suffix, Value}], where
%% the suffix follows its name in the name of the figure.

-module(bench).
-export([start/0]).

start() ->
    main(init:get_plain_arguments()).

main(["--list"]) ->
    lists:foreach(fun({Name, _, _}) -> io:format("~s~n", [Name]) end, available()),
    halt(0);
main([Name, Count]) ->
    run(lists:keyfind(Name, 1, available()), string:to_integer(Count));
main(_) ->
    usage().

available() ->
    Lacks = case code:which('Elixir.DynamicSupervisor') of
        non_existing -> ["dynamic", "registry_look_up", "registry_register", "registry_dispatch"];
        _ -> []
    end,
    [Each || {Name, _, _} = Each <- workloads(), not lists:member(Name, Lacks)].

workloads() ->
    [{"nothing", "ns", fun(_) -> [{"", 0.0}] end},
     {"ping_pong", "ns", fun bench_messages:ping_pong/1},
     {"ping_pong_100", "ns", fun(N) -> bench_messages:ping_pong_in_pairs(100, N) end},
     {"call", "ns", fun bench_messages:calls/1},
     {"ring_100", "ns", fun(N) -> bench_messages:ring(100, N) end},
     {"ring_503", "ns", fun(N) -> bench_messages:ring(503, N) end},
     {"payload_64", "ns", fun(N) -> bench_messages:payload(64, N) end},
     {"payload_1k", "ns", fun(N) -> bench_messages:payload(1024, N) end},
     {"payload_64k", "ns", fun(N) -> bench_messages:payload(65536, N) end},
     {"fan_in_1", "ns", fun(N) -> bench_crowds:fan_in(1, N) end},
     {"fan_in_2", "ns", fun(N) -> bench_crowds:fan_in(2, N) end},
     {"fan_in_100", "ns", fun(N) -> bench_crowds:fan_in(100, N) end},
     {"big", "ns", fun bench_crowds:big/1},
     {"fork_join", "ns", fun bench_crowds:fork_join/1},
     {"chameneos", "ns", fun bench_crowds:chameneos/1},
     {"mailbox", "ns", fun bench_crowds:mailbox/1},
     {"spawn_exit", "ns", fun bench_spawning:spawn_exit/1},
     {"spawn_chain", "ns", fun bench_spawning:spawn_chain/1},
     {"memory_process", "bytes", fun bench_spawning:memory_process/1},
     {"memory_server", "bytes", fun bench_spawning:memory_server/1},
     {"kill_restart", "ns", fun bench_supervision:kill_restart/1},
     {"crash_restart", "ns", fun bench_supervision:crash_restart/1},
     {"supervisor", "ns", fun bench_supervision:static_supervisor/1},
     {"dynamic", "ns", fun bench_supervision:dynamic_children/1},
     {"simple_one_for_one", "ns", fun bench_supervision:children_of_one_kind/1},
     {"one_for_all", "ns", fun(N) -> bench_supervision:group_restart(one_for_all, N) end},
     {"rest_for_one", "ns", fun(N) -> bench_supervision:group_restart(rest_for_one, N) end},
     {"which_children", "ns", fun bench_supervision:which_children/1},
     {"count_children", "ns", fun bench_supervision:count_children/1},
     {"whereis", "ns", fun bench_signals:look_up_names/1},
     {"monitor_demonitor", "ns", fun bench_signals:monitor_demonitor/1},
     {"exit_links", "ns", fun bench_signals:exit_links/1},
     {"exit_monitors", "ns", fun bench_signals:exit_monitors/1},
     {"die_together", "ns", fun bench_signals:die_together/1},
     {"registry_look_up", "ns", fun bench_registries:look_up/1},
     {"registry_register", "ns", fun bench_registries:register_key/1},
     {"registry_dispatch", "ns", fun bench_registries:dispatch/1},
     {"timer_set", "ns", fun bench_timers:timer_set/1},
     {"timer_cancel", "ns", fun bench_timers:timer_cancel/1},
     {"timer_fire", "ns", fun bench_timers:timer_fire/1},
     {"timer_burst", "ns", fun bench_timers:timer_burst/1},
     {"fairness", "ns", fun bench_timers:fairness/1}].

run({Name, Unit, Workload}, {Count, []}) when Count > 0 ->
    {Runner, Monitor} = spawn_monitor(fun() -> exit({measured, Workload(Count)}) end),
    receive
        {'DOWN', Monitor, process, Runner, {measured, Figures}} ->
            lists:foreach(fun(Figure) -> print(Name, Figure, Unit, Count) end, Figures),
            print("peak", {"", bench_measure:memory_bytes("VmHWM")}, "bytes", 1),
            halt(0);
        {'DOWN', Monitor, process, Runner, Reason} ->
            io:format(standard_error, "~s: ~p~n", [Name, Reason]),
            halt(1)
    end;
run(_, _) ->
    usage().

print(Name, {Suffix, Value}, Unit, Count) ->
    io:format("{\"name\":\"~s~s\",\"value\":~.1f,\"unit\":\"~s\",\"ops\":~b}~n",
              [Name, Suffix, float(Value), Unit, Count]).

usage() ->
    io:put_chars(standard_error, "usage: run WORKLOAD N | --list\n"),
    halt(2).
