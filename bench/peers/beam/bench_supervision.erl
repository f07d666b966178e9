%% SPDX-License-Identifier: Apache-2.0
%% Supervisors: of one child that keeps failing, and of very many.

-module(bench_supervision).
-export([kill_restart/1, crash_restart/1, static_supervisor/1, dynamic_children/1]).
-export([children_of_one_kind/1]).
-export([group_restart/2, which_children/1, count_children/1]).
-import(bench_measure, [now_ns/0, ns_each/2, p50_and_p99/1, repeat/2, warm_up/1]).

kill_restart(Count) ->
    restarts(fun(Servant) -> exit(Servant, kill) end, Count).

crash_restart(Count) ->
    restarts(fun(Servant) -> gen_server:cast(Servant, fail) end, Count).

restarts(End, Count) ->
    {ok, _} = bench_tree:start_link(one_for_one, 1, self()),
    First = next_servant(),
    {_, Warm} = cycles(End, First, warm_up(Count), []),
    {Samples, _} = cycles(End, Warm, Count, []),
    p50_and_p99(Samples).

cycles(_, Servant, 0, Samples) ->
    {Samples, Servant};
cycles(End, Servant, Left, Samples) ->
    {Sample, Next} = cycle(End, Servant),
    cycles(End, Next, Left - 1, [Sample | Samples]).

%% From the end of one servant until the next has answered a call.
cycle(End, Servant) ->
    Began = now_ns(),
    End(Servant),
    Next = next_servant(),
    gen_server:call(Next, ask),
    {now_ns() - Began, Next}.

next_servant() ->
    receive {up, Servant} -> Servant end.

static_supervisor(Count) ->
    {ok, Small} = start_many(10),
    gen_server:stop(Small),
    Began = now_ns(),
    {ok, Top} = start_many(Count),
    Started = now_ns(),
    gen_server:stop(Top),
    Stopped = now_ns(),
    [{"_start", (Started - Began) / Count}, {"_stop", (Stopped - Started) / Count}].

start_many(Count) ->
    bench_tree:start_link(one_for_one, Count, nobody).

dynamic_children(Count) ->
    Servant = #{id => servant, start => {bench_servant, start_link, [nobody]}},
    start_and_stop_children(
        Count,
        fun() -> 'Elixir.DynamicSupervisor':start_link([{strategy, one_for_one}]) end,
        fun(Top) -> 'Elixir.DynamicSupervisor':start_child(Top, Servant) end).

children_of_one_kind(Count) ->
    start_and_stop_children(
        Count,
        fun bench_tree:start_link_of_one_kind/0,
        fun(Top) -> supervisor:start_child(Top, []) end).

start_and_stop_children(Count, StartTop, StartChild) ->
    _ = measure_children(10, StartTop, StartChild),
    {Start, Stop} = measure_children(Count, StartTop, StartChild),
    [{"_start", Start}, {"_stop", Stop}].

measure_children(Count, StartTop, StartChild) ->
    {ok, Top} = StartTop(),
    Start = ns_each(Count, fun() -> repeat(Count, fun() -> {ok, _} = StartChild(Top) end) end),
    Stop = ns_each(Count, fun() -> gen_server:stop(Top) end),
    {Start, Stop}.

%% From the end of the first child until the last one is up again: they start in order.
group_restart(Strategy, Count) ->
    Times = 3,
    {ok, Top} = bench_tree:start_link(Strategy, Count, self()),
    next_servant(),
    Samples = [end_first(Top, Count) || _ <- lists:seq(1, Times)],
    [{"", lists:sum(Samples) / Times}].

end_first(Top, Count) ->
    {1, First, _, _} = lists:keyfind(1, 1, supervisor:which_children(Top)),
    ns_each(Count, fun() ->
        exit(First, kill),
        next_servant()
    end).

which_children(Count) ->
    ask_of_many(Count, fun supervisor:which_children/1).

count_children(Count) ->
    ask_of_many(Count, fun supervisor:count_children/1).

%% Asks a supervisor of so many children, after a first time that does not count.
ask_of_many(Count, Ask) ->
    Times = 5,
    {ok, Top} = start_many(Count),
    Ask(Top),
    [{"", ns_each(Times, fun() -> repeat(Times, fun() -> Ask(Top) end) end)}].
