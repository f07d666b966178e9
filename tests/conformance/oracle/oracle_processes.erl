%% SPDX-License-Identifier: Apache-2.0
%% Scenarios of the kind "processes". The runner monitors each process and collects the events.
-module(oracle_processes).
-export([run/1]).

run(#{slot := Slot, <<"steps">> := Steps}) ->
    First = spawn(actor(self(), false)),
    S = know(#{slot => Slot, ids => #{}, pids => #{}, alive => #{}, refs => #{}, names => #{}, events => []},
             <<"p0">>, First),
    {Lines, End} = lists:mapfoldl(fun step/2, S, lists:zip(lists:seq(1, length(Steps)), Steps)),
    oracle_rest:kill_all(maps:keys(maps:get(alive, End))),
    Lines.

know(#{ids := Ids, pids := Pids, alive := Alive} = S, Id, Pid) ->
    monitor(process, Pid),
    S#{ids := Ids#{Pid => Id}, pids := Pids#{Id => Pid}, alive := Alive#{Pid => true}}.

step({Number, Step}, S) ->
    {Result, Next} = perform(Step, S),
    Events = lists:keysort(1, lists:reverse(maps:get(events, Next))),
    Line = #{<<"step">> => Number, <<"do">> => maps:get(<<"do">>, Step), <<"result">> => Result,
             <<"events">> => [Event || {_, Event} <- Events]},
    {Line, Next#{events := []}}.

perform(Step, #{pids := Pids, alive := Alive} = S) ->
    By = maps:get(maps:get(<<"by">>, Step), Pids, none),
    To = maps:get(maps:get(<<"to">>, Step, <<"p0">>), Pids, none),
    if
        not is_map_key(By, Alive) ->
            {<<"error:noproc">>, S};
        To =:= none ->
            {<<"error:unknown">>, S};
        true ->
            By ! {do, order(Step, To, S)},
            settle(S#{result => <<"exited">>, step => Step}, 0)
    end.

order(#{<<"do">> := Do} = Step, To, #{slot := Slot, refs := Refs}) ->
    Name = oracle_rest:name(Slot, maps:get(<<"name">>, Step, <<>>)),
    case Do of
        <<"spawn">> -> {spawn, maps:get(<<"link">>, Step, false), maps:get(<<"monitor">>, Step, false),
                        maps:get(<<"trap_exit">>, Step, false)};
        <<"trap_exit">> -> {trap_exit, maps:get(<<"flag">>, Step)};
        <<"link">> -> {link, To};
        <<"unlink">> -> {unlink, To};
        <<"monitor">> -> {monitor, To};
        <<"monitor_name">> -> {monitor, Name};
        <<"demonitor">> -> {demonitor, maps:get(maps:get(<<"ref">>, Step), Refs, none),
                            maps:get(<<"flush">>, Step, false)};
        <<"exit_signal">> -> {exit_signal, To, oracle_rest:symbol(maps:get(<<"reason">>, Step))};
        <<"exit">> -> {exit, oracle_rest:symbol(maps:get(<<"reason">>, Step))};
        <<"raise">> -> {raise, maps:get(<<"message">>, Step)};
        <<"return">> -> return;
        <<"send">> -> {send, To, maps:get(<<"message">>, Step)};
        <<"send_name">> -> {send, Name, maps:get(<<"message">>, Step)};
        <<"register">> -> {register, Name, To};
        <<"unregister">> -> {unregister, Name};
        <<"whereis">> -> {whereis, Name}
    end.

%% Collects what happens until the processes are at rest.
settle(#{alive := Alive} = S, Quiet) ->
    receive
        Message -> settle(heard(Message, S), 0)
    after 0 ->
        erlang:yield(),
        case Quiet < oracle_rest:turns() orelse not oracle_rest:all_wait(maps:keys(Alive)) of
            true -> settle(S, Quiet + 1);
            false -> {maps:get(result, S), S}
        end
    end.

heard({'DOWN', _, process, Pid, Reason}, #{alive := Alive} = S) ->
    add(Pid, #{<<"event">> => <<"died">>, <<"reason">> => oracle_rest:reason(Reason)},
        S#{alive := maps:remove(Pid, Alive)});
heard({got, Pid, {'EXIT', From, Reason}}, S) ->
    add(Pid, #{<<"event">> => <<"exit_message">>, <<"from">> => id(From, S),
               <<"reason">> => oracle_rest:reason(Reason)}, S);
heard({got, Pid, {'DOWN', Ref, process, _, Reason}}, #{names := Names} = S) ->
    add(Pid, #{<<"event">> => <<"down_message">>, <<"ref">> => maps:get(Ref, Names),
               <<"reason">> => oracle_rest:reason(Reason)}, S);
heard({got, Pid, {text, Text}}, S) ->
    add(Pid, #{<<"event">> => <<"message">>, <<"text">> => Text}, S);
heard({done, {spawned, Pid, Ref}}, #{step := #{<<"id">> := Id}} = S) ->
    name_ref(Id, Ref, know(S#{result := <<"ok">>}, Id, Pid));
heard({done, {made, Ref}}, #{step := #{<<"ref">> := Name}} = S) ->
    name_ref(Name, Ref, S#{result := <<"ok">>});
heard({done, {at, Pid}}, S) ->
    S#{result := id(Pid, S)};
heard({done, Text}, S) ->
    S#{result := Text}.

name_ref(_, none, S) -> S;
name_ref(Name, Ref, #{refs := Refs, names := Names} = S) ->
    S#{refs := Refs#{Name => Ref}, names := Names#{Ref => Name}}.

id(Pid, #{ids := Ids}) ->
    maps:get(Pid, Ids, <<"undefined">>).

add(Pid, Event, #{events := Events} = S) ->
    Id = id(Pid, S),
    S#{events := [{Id, Event#{<<"process">> => Id}} | Events]}.

%% What the processes run.
actor(Runner, Traps) ->
    fun() ->
        process_flag(trap_exit, Traps),
        loop(Runner)
    end.

loop(Runner) ->
    receive
        {do, return} ->
            ok;
        {do, Order} ->
            %% A ref has its name before its message can come.
            Runner ! {done, carry_out(Order, Runner)},
            loop(Runner);
        Other ->
            Runner ! {got, self(), Other},
            loop(Runner)
    end.

carry_out({spawn, Link, Monitor, Traps}, Runner) ->
    Options = [link || Link] ++ [monitor || Monitor],
    case spawn_opt(actor(Runner, Traps), Options) of
        {Pid, Ref} -> {spawned, Pid, Ref};
        Pid -> {spawned, Pid, none}
    end;
carry_out({trap_exit, Flag}, _) -> process_flag(trap_exit, Flag), <<"ok">>;
carry_out({link, To}, _) -> attempt(fun() -> link(To) end);
carry_out({unlink, To}, _) -> unlink(To), <<"ok">>;
carry_out({monitor, To}, _) -> {made, monitor(process, To)};
carry_out({demonitor, none, _}, _) -> <<"error:noref">>;
carry_out({demonitor, Ref, Flush}, _) -> demonitor(Ref, [flush || Flush]), <<"ok">>;
carry_out({exit_signal, To, Reason}, _) -> exit(To, Reason), <<"ok">>;
carry_out({exit, Reason}, _) -> exit(Reason);
carry_out({raise, Message}, _) -> erlang:error({crash, Message});
carry_out({send, To, Message}, _) -> attempt(fun() -> To ! {text, Message} end);
carry_out({register, Name, Who}, _) -> attempt(fun() -> register(Name, Who) end);
carry_out({unregister, Name}, _) -> attempt(fun() -> unregister(Name) end);
carry_out({whereis, Name}, _) -> {at, whereis(Name)}.

attempt(Act) ->
    try Act() of
        _ -> <<"ok">>
    catch
        error:Reason -> <<"error:", (atom_to_binary(Reason))/binary>>
    end.
