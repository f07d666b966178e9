%% SPDX-License-Identifier: Apache-2.0
%% Scenarios of the kind "supervision". The runner counts the starts, monitors each process and collects the
%% events; the keeper is the parent of the root.
-module(oracle_tree).
-export([run/1, spec/4]).

-define(DYNAMIC, 'Elixir.DynamicSupervisor').
%% A supervisor that reads whole seconds starts soon after a full second.
-define(LATE_MS, 15).

run(#{<<"root">> := Root, <<"steps">> := Steps, scale := Scale}) ->
    Runner = self(),
    wait_for_second(Root),
    Keeper = spawn(fun() -> keeper(Runner, Root, Scale) end),
    S0 = #{scale => Scale, keeper => Keeper, starts => #{}, newest => #{}, known => #{}, alive => #{Keeper => true},
           busy => #{}, asking => none, events => [], result => none, timed => none, virtual => 0},
    S1 = settle(S0, 0),
    {First, S2} = line(0, <<"start">>, S1),
    {Lines, S3} = lists:mapfoldl(fun step/2, S2#{root => maps:get(<<"id">>, Root), ok => maps:get(result, S1)},
                                 lists:zip(lists:seq(1, length(Steps)), Steps)),
    {Last, S4} = shut_down(length(Steps) + 1, S3),
    oracle_rest:kill_all(maps:keys(maps:get(alive, S4))),
    [First | Lines] ++ Last.

shut_down(Number, #{root := Root, keeper := Keeper} = S) ->
    case newest(Root, S) of
        {alive, Pid, _} ->
            Keeper ! {exit, Pid, shutdown},
            {Line, Next} = line(Number, <<"shutdown">>, settle(S#{result := <<"ok">>}, 0)),
            {[Line], Next};
        dead ->
            {[], S}
    end.

wait_for_second(Root) ->
    Late = oracle_rest:now_ms() - erlang:monotonic_time(1) * 1000,
    case reads_seconds(Root) andalso Late > ?LATE_MS of
        true -> timer:sleep(1000 - Late), wait_for_second(Root);
        false -> ok
    end.

reads_seconds(Node) ->
    maps:get(<<"max_seconds">>, Node, 5) < 60 orelse
        lists:any(fun reads_seconds/1, [Child || Child <- maps:get(<<"children">>, Node, []),
                                                 maps:get(<<"kind">>, Child, <<"worker">>) =/= <<"worker">>]).

step({Number, #{<<"do">> := Do} = Step}, S) ->
    {Result, Next} = perform(Do, Step, S),
    line(Number, Do, Next#{result := Result}).

line(Number, Do, #{events := Events, result := Result} = S) ->
    {#{<<"step">> => Number, <<"do">> => Do, <<"result">> => Result, <<"events">> => lists:reverse(Events)},
     S#{events := []}}.

newest(Path, #{newest := Newest, alive := Alive, known := Known}) ->
    case Newest of
        #{Path := Pid} when is_map_key(Pid, Alive) -> {alive, Pid, element(3, maps:get(Pid, Known))};
        _ -> dead
    end.

perform(<<"advance">>, #{<<"ms">> := Ms}, #{scale := Scale, virtual := Virtual} = S) ->
    Begin = oracle_rest:now_ms(),
    Passed = pass(Begin + Ms * Scale, S#{timed := Begin}),
    {case maps:get(ok, S) of <<"ok">> -> <<"ok">>; _ -> <<"error:noproc">> end,
     (settle(Passed, 0))#{timed := none, virtual := Virtual + Ms}};
perform(Do, #{<<"target">> := Target} = Step, S) ->
    case newest(Target, S) of
        dead -> {<<"error:noproc">>, S};
        {alive, Pid, Kind} -> disturb(Do, Step, Pid, Kind, S)
    end.

disturb(<<"exit">>, #{<<"reason">> := Reason}, Pid, _, #{keeper := Keeper} = S) ->
    Keeper ! {exit, Pid, oracle_rest:symbol(Reason)},
    {<<"ok">>, settle(S, 0)};
disturb(<<"crash">>, #{<<"message">> := Message}, Pid, <<"worker">>, S) ->
    Pid ! {crash, Message},
    {<<"ok">>, settle(S, 0)};
disturb(<<"stop">>, #{<<"reason">> := Reason}, Pid, <<"worker">>, S) ->
    Pid ! {stop, oracle_rest:symbol(Reason)},
    {<<"ok">>, settle(S, 0)};
disturb(Do, _, _, _, S) when Do =:= <<"crash">>; Do =:= <<"stop">> ->
    {<<"error:not_a_worker">>, S};
disturb(_, _, _, <<"worker">>, S) ->
    {<<"error:not_a_supervisor">>, S};
disturb(Do, Step, Pid, Kind, S) ->
    Ask = request(Do, Step, Pid, Kind, S),
    {Asking, Ref} = spawn_monitor(fun() -> exit({answer, Ask()}) end),
    Next = settle(S#{asking := {Asking, Ref}, result := none}, 0),
    {answer(maps:get(result, Next), Next), Next}.

request(<<"start_child">>, #{<<"child">> := Child, <<"target">> := Target}, Pid, Kind, #{scale := Scale}) ->
    Spec = spec(self(), Target, Scale, Child),
    case Kind of
        <<"supervisor">> -> fun() -> {started, supervisor:start_child(Pid, Spec)} end;
        _ -> fun() -> {started, ?DYNAMIC:start_child(Pid, Spec)} end
    end;
request(<<"which_children">>, _, Pid, Kind, _) ->
    Module = module(Kind),
    fun() -> {children, Kind, Module:which_children(Pid)} end;
request(<<"count_children">>, _, Pid, Kind, _) ->
    Module = module(Kind),
    fun() -> {counts, maps:from_list(to_list(Module:count_children(Pid)))} end;
request(<<"terminate_child">>, #{<<"id">> := Id, <<"target">> := Target}, Pid, <<"dynamic_supervisor">>, S) ->
    Path = <<Target/binary, "/", Id/binary>>,
    Child = maps:get(Path, maps:get(newest, S), maps:get(keeper, S)),
    fun() -> {done, ?DYNAMIC:terminate_child(Pid, Child)} end;
request(_, _, _, <<"dynamic_supervisor">>, _) ->
    fun() -> {done, {error, unsupported}} end;
request(<<"terminate_child">>, #{<<"id">> := Id}, Pid, _, _) ->
    fun() -> {done, supervisor:terminate_child(Pid, Id)} end;
request(<<"restart_child">>, #{<<"id">> := Id}, Pid, _, _) ->
    fun() -> {restarted, supervisor:restart_child(Pid, Id)} end;
request(<<"delete_child">>, #{<<"id">> := Id}, Pid, _, _) ->
    fun() -> {done, supervisor:delete_child(Pid, Id)} end.

module(<<"supervisor">>) -> supervisor;
module(<<"dynamic_supervisor">>) -> ?DYNAMIC.

to_list(Map) when is_map(Map) -> maps:to_list(Map);
to_list(List) -> List.

answer({answer, {Tag, {ok, undefined}}}, _) when Tag =/= children -> <<"ignore">>;
answer({answer, {_, {ok, Pid}}}, _) when is_pid(Pid) -> <<"ok">>;
answer({answer, {done, ok}}, _) -> <<"ok">>;
answer({answer, {_, ignore}}, _) -> <<"ignore">>;
answer({answer, {started, {error, {Reason, Child}}}}, _) when element(1, Child) =:= child ->
    <<"error:", (oracle_rest:start_error(Reason))/binary>>;
answer({answer, {_, {error, Reason}}}, _) ->
    <<"error:", (oracle_rest:start_error(Reason))/binary>>;
answer({answer, {counts, Counts}}, _) ->
    maps:from_list([{atom_to_binary(Key), Value} || {Key, Value} <- maps:to_list(Counts)]);
answer({answer, {children, Kind, Children}}, S) ->
    lists:sort(fun before/2, [shown_child(Kind, Child, S) || Child <- Children]);
answer({noproc, _}, _) -> <<"error:noproc">>;
answer({Reason, _}, _) -> <<"exit:", (oracle_rest:reason(Reason))/binary>>.

before(Left, Right) ->
    Key = fun(#{<<"id">> := Id, <<"state">> := State, <<"type">> := Type}) -> {Id, State, Type} end,
    Key(Left) =< Key(Right).

shown_child(Kind, {Id, Pid, Type, _}, #{known := Known}) ->
    State = if is_pid(Pid) -> <<"alive">>; true -> atom_to_binary(Pid) end,
    Shown = case {Kind, Known} of
                {<<"supervisor">>, _} -> Id;
                {_, #{Pid := {Path, _, _}}} -> lists:last(binary:split(Path, <<"/">>, [global]));
                _ -> <<"?">>
            end,
    #{<<"id">> => Shown, <<"state">> => State, <<"type">> => atom_to_binary(Type)}.

%% Time passes until the moment, in milliseconds of the BEAM's clock.
pass(Until, S) ->
    receive
        Message -> pass(Until, heard(Message, S))
    after max(0, Until - oracle_rest:now_ms()) ->
        S
    end.

%% Until nothing happens and nothing takes its time.
settle(#{alive := Alive, busy := Busy, asking := Asking} = S, Quiet) ->
    receive
        Message -> settle(heard(Message, S), 0)
    after 0 ->
        erlang:yield(),
        Enough = Quiet >= oracle_rest:turns(),
        if
            not Enough -> settle(S, Quiet + 1);
            Busy =/= #{}; Asking =/= none -> settle(pass(oracle_rest:now_ms() + 1, S), 0);
            true ->
                case oracle_rest:all_wait(maps:keys(Alive)) of
                    true -> S;
                    false -> settle(S, Quiet)
                end
        end
    end.

heard({'DOWN', Ref, process, _, Answer}, #{asking := {_, Ref}} = S) ->
    S#{asking := none, result := Answer};
heard({'DOWN', _, process, Pid, Reason}, #{alive := Alive, busy := Busy, known := Known} = S) ->
    {Path, N, _} = maps:get(Pid, Known),
    Next = S#{alive := maps:remove(Pid, Alive), busy := maps:remove(Pid, Busy)},
    case Reason of
        {shutdown, {failed_to_start_child, _, _}} -> Next;
        _ -> add(#{<<"event">> => <<"exit">>, <<"path">> => Path, <<"n">> => N,
                   <<"reason">> => oracle_rest:reason(Reason)}, Next)
    end;
heard({start, From, Path, Outcomes}, #{starts := Starts} = S) ->
    N = maps:get(Path, Starts, 0) + 1,
    Outcome = lists:nth(min(N, length(Outcomes)), Outcomes),
    From ! {started, self(), N, Outcome},
    add(#{<<"event">> => <<"start">>, <<"path">> => Path, <<"n">> => N, <<"outcome">> => Outcome},
        S#{starts := Starts#{Path => N}});
heard({lives, From, Pid, Path, N, Kind}, #{newest := Newest, known := Known, alive := Alive} = S) ->
    monitor(process, Pid),
    From ! {noted, self()},
    S#{newest := Newest#{Path => Pid}, known := Known#{Pid => {Path, N, Kind}}, alive := Alive#{Pid => true}};
heard({terminate, Pid, Reason}, #{known := Known} = S) ->
    {Path, N, _} = maps:get(Pid, Known),
    add(#{<<"event">> => <<"terminate">>, <<"path">> => Path, <<"n">> => N,
          <<"reason">> => oracle_rest:reason(Reason)}, S);
heard({busy, Pid}, #{busy := Busy} = S) ->
    S#{busy := Busy#{Pid => true}};
heard({root, Result}, S) ->
    S#{result := case Result of
                     {ok, _} -> <<"ok">>;
                     {error, Reason} -> <<"error:", (oracle_rest:start_error(Reason))/binary>>
                 end}.

add(Event, #{events := Events, timed := none} = S) ->
    S#{events := [Event | Events]};
add(Event, #{events := Events, timed := Begin, virtual := Virtual, scale := Scale} = S) ->
    At = Virtual + (oracle_rest:now_ms() - Begin) / Scale,
    S#{events := [Event#{<<"at_ms">> => floor((At + 50) / 100) * 100} | Events]}.

%% The processes of the tree.
keeper(Runner, Root, Scale) ->
    process_flag(trap_exit, true),
    #{start := {Module, Function, Arguments}} = spec(Runner, <<>>, Scale, Root),
    Runner ! {root, apply(Module, Function, Arguments)},
    keep().

keep() ->
    receive
        {exit, Pid, Reason} -> exit(Pid, Reason), keep();
        _ -> keep()
    end.

spec(Runner, Above, Scale, #{<<"id">> := Id} = Node) ->
    Path = case Above of <<>> -> Id; _ -> <<Above/binary, "/", Id/binary>> end,
    Kind = maps:get(<<"kind">>, Node, <<"worker">>),
    Spec = #{id => Id,
             start => {oracle_tree_nodes, start, [Kind, {Runner, Path, Scale, Node}]},
             restart => binary_to_atom(maps:get(<<"restart">>, Node, <<"permanent">>)),
             significant => maps:get(<<"significant">>, Node, false),
             type => case Kind of <<"worker">> -> worker; _ -> supervisor end},
    case maps:get(<<"shutdown">>, Node, none) of
        none -> Spec;
        Ms when is_integer(Ms) -> Spec#{shutdown => Ms * Scale};
        Text -> Spec#{shutdown => binary_to_atom(Text)}
    end.
