%% SPDX-License-Identifier: Apache-2.0
%% A stage for scenarios whose steps are carried out by clients: processes that run functions. The runner labels and
%% monitors the processes, and collects events. Events are sorted by label, so that order counts within a process.
-module(oracle_stage).
-export([run/2, event/3, watch/2, watch/3, name/3, keep/3, listen/1, ignore/0, ms/2, pid/2, kept/2, name/2, listens/2]).

%% `Perform(Step, S)` says what a step does: {client, Fun}, a function for the client that carries out the step;
%% {process, Fun}, for a process of its own; or {result, Text}.
run(#{<<"steps">> := Steps, <<"clients">> := Clients, <<"kind">> := Kind, slot := Slot, scale := Scale}, Perform) ->
    %% The results of tasks stay in the mailbox of a client until the client asks.
    S0 = #{runner => self(), selective => Kind =:= <<"tasks">>, slot => Slot, scale => Scale, labels => #{}, pids => #{},
           alive => #{}, busy => #{}, starts => #{}, newest => #{}, kept => #{}, failed => #{}, events => []},
    S1 = lists:foldl(fun start_client/2, S0, Clients),
    Step = fun({Number, Step}, S) -> step(Number, Step, S, Perform) end,
    {Lines, End} = lists:mapfoldl(Step, S1, lists:zip(lists:seq(1, length(Steps)), Steps)),
    oracle_rest:kill_all(maps:keys(maps:get(alive, End))),
    Lines.

start_client(#{<<"id">> := Id} = Client, S) ->
    Context = context(Id, S),
    Traps = maps:get(<<"trap_exit">>, Client, false),
    label(spawn(fun() -> process_flag(trap_exit, Traps), client(Context) end), Id, S).

context(Label, #{runner := Runner, slot := Slot, scale := Scale, selective := Selective}) ->
    #{runner => Runner, slot => Slot, scale => Scale, selective => Selective, label => Label}.

label(Pid, Label, #{labels := Labels, pids := Pids, alive := Alive} = S) ->
    monitor(process, Pid),
    S#{labels := Labels#{Pid => Label}, pids := Pids#{Label => Pid}, alive := Alive#{Pid => true}}.

step(Number, #{<<"do">> := Do} = Step, S, Perform) ->
    {Result, Next} = case Do of
                         <<"advance">> -> {<<"ok">>, advance(maps:get(<<"ms">>, Step), S)};
                         _ -> by_client(Number, Step, S, Perform)
                     end,
    Done = settle(Next, 0),
    Events = lists:keysort(1, lists:reverse(maps:get(events, Done))),
    {#{<<"step">> => Number, <<"do">> => Do, <<"result">> => Result, <<"events">> => [Event || {_, Event} <- Events]},
     Done#{events := []}}.

by_client(Number, #{<<"by">> := By} = Step, #{pids := Pids, alive := Alive, busy := Busy} = S, Perform) ->
    Client = maps:get(By, Pids),
    case {Alive, Busy} of
        {_, #{Client := _}} -> {<<"error:busy">>, S};
        {#{Client := _}, _} -> perform(Number, Client, Perform(Step, S), S);
        _ -> {<<"error:noproc">>, S}
    end.

perform(_, Client, {client, Fun}, #{busy := Busy} = S) ->
    Client ! {run, Fun},
    {<<"ok">>, S#{busy := Busy#{Client => true}}};
perform(Number, _, {process, Fun}, S) ->
    Label = <<"do", (integer_to_binary(Number))/binary>>,
    Context = context(Label, S),
    Pid = spawn(fun() -> receive go -> Fun(Context) end end),
    Pid ! go,
    {<<"ok">>, label(Pid, Label, S)};
perform(_, _, {result, Text}, S) ->
    {Text, S}.

advance(Ms, #{scale := Scale} = S) ->
    pass(oracle_rest:now_ms() + Ms * Scale, S).

pass(Until, S) ->
    receive
        Message -> pass(Until, heard(Message, S))
    after max(0, Until - oracle_rest:now_ms()) ->
        S
    end.

settle(#{alive := Alive} = S, Quiet) ->
    receive
        Message -> settle(heard(Message, S), 0)
    after 0 ->
        erlang:yield(),
        case Quiet < oracle_rest:turns() orelse not rest(maps:keys(Alive)) of
            true -> settle(S, Quiet + 1);
            false -> S
        end
    end.

%% A process that waits in a handler may have messages.
rest(Pids) ->
    lists:all(fun(Pid) ->
                      case process_info(Pid, status) of
                          {status, Status} -> Status =:= waiting;
                          undefined -> true
                      end
              end, Pids).

heard({'DOWN', _, process, Pid, Reason}, #{labels := Labels, alive := Alive, busy := Busy} = S) ->
    add(maps:get(Pid, Labels), #{<<"event">> => <<"died">>, <<"reason">> => oracle_rest:reason(Reason)},
        S#{alive := maps:remove(Pid, Alive), busy := maps:remove(Pid, Busy)});
heard({event, Label, #{<<"event">> := <<"started">>, <<"id">> := Id, <<"result">> := Result} = Event},
      #{failed := Failed} = S) ->
    add(Label, Event, S#{failed := Failed#{Id => Result =/= <<"ok">>}});
heard({event, Label, Event}, S) ->
    add(Label, shown(Event, S), S);
heard({got, Label, {'EXIT', From, Reason}}, #{failed := Failed} = S) ->
    %% A failed start leaves an exit message in OTP 25, and none in later releases.
    case label_of(From, S) of
        Id when map_get(Id, Failed) -> S;
        Id -> add(Label, #{<<"event">> => <<"exit_message">>, <<"from">> => Id,
                           <<"reason">> => oracle_rest:reason(Reason)}, S)
    end;
heard({got, Label, {'DOWN', _, process, Pid, Reason}}, S) ->
    add(Label, #{<<"event">> => <<"down_message">>, <<"from">> => label_of(Pid, S),
                 <<"reason">> => oracle_rest:reason(Reason)}, S);
heard({got, Label, _}, S) ->
    add(Label, #{<<"event">> => <<"stray">>}, S);
heard({name, Pid, Label}, #{labels := Labels, pids := Pids} = S) ->
    S#{labels := Labels#{Pid => Label}, pids := Pids#{Label => Pid}};
heard({watch, From, Pid, Base}, #{starts := Starts} = S) ->
    N = maps:get(Base, Starts, 0) + 1,
    Label = case N of
                1 -> Base;
                _ -> <<Base/binary, ".", (integer_to_binary(N))/binary>>
            end,
    From ! {noted, maps:get(runner, S), Label},
    label(Pid, Label, S#{starts := Starts#{Base => N}, newest := (maps:get(newest, S))#{Base => Pid}});
heard({keep, Key, Value}, #{kept := Kept} = S) ->
    S#{kept := Kept#{Key => Value}};
heard({ready, Pid}, #{busy := Busy} = S) ->
    S#{busy := maps:remove(Pid, Busy)}.

%% Pids as labels. Labels are sorted after that.
shown({sorted, List}, S) -> lists:sort(shown(List, S));
shown(Pid, S) when is_pid(Pid) -> label_of(Pid, S);
shown(List, S) when is_list(List) -> [shown(Each, S) || Each <- List];
shown(Map, S) when is_map(Map) -> maps:map(fun(_, Value) -> shown(Value, S) end, Map);
shown(Other, _) -> Other.

label_of(Pid, #{labels := Labels}) ->
    maps:get(Pid, Labels, <<"?">>).

add(Label, Event, #{events := Events} = S) ->
    S#{events := [{Label, Event#{<<"process">> => Label}} | Events]}.

%% For the functions of steps, and for servers.
client(#{runner := Runner, label := Label, selective := Selective} = Context) ->
    receive
        {run, Fun} ->
            Fun(Context),
            Runner ! {ready, self()};
        {'EXIT', _, _} = Exit ->
            Runner ! {got, Label, Exit};
        Other when not Selective ->
            Runner ! {got, Label, Other}
    end,
    client(Context).

listen(#{runner := Runner, label := Label} = Context) ->
    receive Other -> Runner ! {got, Label, Other} end,
    listen(Context).

ignore() ->
    receive _ -> ok end,
    ignore().

%% One message, for processes with a loop of their own.
listens(#{runner := Runner, label := Label}, Message) ->
    Runner ! {got, Label, Message}.

event(#{runner := Runner, label := Label}, Name, Fields) ->
    Runner ! {event, Label, Fields#{<<"event">> => Name}},
    ok.

%% From now on the calling process has the label, and its end is an event. The second process of a label, as after a
%% restart, has the label with ".2".
watch(Context, Label) ->
    watch(Context, self(), Label).

%% The same for any process.
watch(#{runner := Runner} = Context, Pid, Label) ->
    Runner ! {watch, self(), Pid, Label},
    receive {noted, Runner, Given} -> Context#{label => Given} end.

%% The process has the label; its end is no event.
name(#{runner := Runner}, Pid, Label) ->
    Runner ! {name, Pid, Label},
    ok.

keep(#{runner := Runner}, Key, Value) ->
    Runner ! {keep, Key, Value},
    ok.

ms(#{scale := Scale}, Ms) when is_integer(Ms) -> Ms * Scale;
ms(_, _) -> infinity.

%% For Perform.
pid(Label, #{pids := Pids, newest := Newest}) -> maps:get(Label, Newest, maps:get(Label, Pids, none)).
kept(Key, #{kept := Kept}) -> maps:get(Key, Kept, none).
name(#{slot := Slot}, Text) -> oracle_rest:name(Slot, Text).
