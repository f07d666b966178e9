%% SPDX-License-Identifier: Apache-2.0
%% The supervisors, dynamic supervisors and workers of a tree. A worker is a gen_server.
-module(oracle_tree_nodes).
-behaviour(gen_server).
-export([start/2, init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

start(<<"worker">>, What) ->
    gen_server:start_link(?MODULE, {worker, What}, []);
start(<<"supervisor">>, What) ->
    supervisor:start_link(?MODULE, {supervisor, What});
start(<<"dynamic_supervisor">>, {Runner, Path, _, Node}) ->
    {N, _} = started(Runner, Path, [<<"ok">>]),
    Limits = [{max_restarts, maps:get(<<"max_restarts">>, Node, 3)}, {max_seconds, maps:get(<<"max_seconds">>, Node, 5)}]
        ++ [{max_children, Most} || Most <- [maps:get(<<"max_children">>, Node, none)], Most =/= none],
    {ok, Pid} = 'Elixir.DynamicSupervisor':start_link([{strategy, one_for_one} | Limits]),
    lives(Runner, Pid, Path, N, <<"dynamic_supervisor">>),
    {ok, Pid}.

started(Runner, Path, Outcomes) ->
    Runner ! {start, self(), Path, Outcomes},
    receive {started, Runner, N, Outcome} -> {N, Outcome} end.

lives(Runner, Pid, Path, N, Kind) ->
    Runner ! {lives, self(), Pid, Path, N, Kind},
    receive {noted, Runner} -> ok end.

init({supervisor, {Runner, Path, Scale, Node}}) ->
    {N, _} = started(Runner, Path, [<<"ok">>]),
    lives(Runner, self(), Path, N, <<"supervisor">>),
    Flags = #{strategy => binary_to_atom(maps:get(<<"strategy">>, Node, <<"one_for_one">>)),
              intensity => maps:get(<<"max_restarts">>, Node, 3),
              period => maps:get(<<"max_seconds">>, Node, 5),
              auto_shutdown => binary_to_atom(maps:get(<<"auto_shutdown">>, Node, <<"never">>))},
    {ok, {Flags, [oracle_tree:spec(Runner, Path, Scale, Child) || Child <- maps:get(<<"children">>, Node, [])]}};
init({worker, {Runner, Path, Scale, Node}}) ->
    process_flag(trap_exit, maps:get(<<"trap_exit">>, Node, false)),
    case started(Runner, Path, maps:get(<<"init">>, Node, [<<"ok">>])) of
        {N, <<"ok">>} ->
            lives(Runner, self(), Path, N, <<"worker">>),
            [erlang:send_after(Ms * Scale, self(), {crash, <<"boom">>})
             || Ms <- [maps:get(<<"crash_after_ms">>, Node, none)], Ms =/= none],
            [erlang:send_after(Ms * Scale, self(), {stop, normal})
             || Ms <- [maps:get(<<"stop_after_ms">>, Node, none)], Ms =/= none],
            {ok, #{runner => Runner, scale => Scale, stopped => false,
                   on_shutdown => maps:get(<<"on_shutdown">>, Node, <<"exit">>)}};
        {_, <<"ignore">>} -> ignore;
        {_, <<"error:", Reason/binary>>} -> {stop, oracle_rest:symbol(Reason)};
        {_, <<"crash:", Message/binary>>} -> erlang:error({crash, Message})
    end.

handle_call(_, _, S) -> {reply, ok, S}.
handle_cast(_, S) -> {noreply, S}.

handle_info({crash, Message}, _) -> erlang:error({crash, Message});
handle_info({stop, Reason}, S) -> {stop, Reason, S#{stopped := true}};
handle_info(_, S) -> {noreply, S}.

terminate(Reason, #{runner := Runner, stopped := Stopped, on_shutdown := Action, scale := Scale}) ->
    Runner ! {terminate, self(), Reason},
    case Reason =:= shutdown andalso not Stopped of
        true -> shut_down(Action, Runner, Scale);
        false -> ok
    end.

shut_down(<<"exit">>, _, _) -> ok;
shut_down(<<"hang">>, Runner, _) -> Runner ! {busy, self()}, receive never -> ok end;
shut_down(<<"linger:", Ms/binary>>, Runner, Scale) ->
    Runner ! {busy, self()},
    timer:sleep(binary_to_integer(Ms) * Scale);
shut_down(<<"crash:", Message/binary>>, _, _) -> erlang:error({crash, Message});
shut_down(<<"stop:", Reason/binary>>, _, _) -> exit(oracle_rest:symbol(Reason)).
