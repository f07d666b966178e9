%% SPDX-License-Identifier: Apache-2.0
%% Scenarios of the kind "statem": gen_statems whose events say what their callback does in each state.
-module(oracle_statem).
-behaviour(gen_statem).
-export([run/1, callback_mode/0, init/1, handle_event/4, terminate/3]).

run(Scenario) ->
    oracle_stage:run(Scenario, fun perform/2).

perform(#{<<"do">> := <<"start">>} = Step, _) ->
    {client, fun(Context) -> oracle_server:start(Context, ?MODULE, gen_statem, Step) end};
perform(#{<<"do">> := <<"reply">>, <<"key">> := Key, <<"value">> := Value}, S) ->
    case oracle_stage:kept(Key, S) of
        none -> {result, <<"error:nokey">>};
        From -> {client, fun(_) -> gen_statem:reply(From, Value) end}
    end;
perform(Step, S) ->
    %% Casts, calls, stops, exit signals and messages are those of a gen_server.
    oracle_server:perform(Step, S).

callback_mode() -> [handle_event_function, state_enter].

init({Context0, #{<<"id">> := Id, <<"init">> := Script} = Step}) ->
    process_flag(trap_exit, maps:get(<<"trap_exit">>, Step, false)),
    Context = oracle_stage:watch(Context0, Id),
    oracle_stage:event(Context, <<"init">>, #{}),
    Data = #{context => Context, enter => maps:get(<<"enter">>, Step, #{})},
    case maps:get(<<"then">>, Script, <<"ok">>) of
        <<"ok">> -> {ok, a, Data, actions(Script, none, Data)};
        <<"ignore">> -> ignore;
        <<"stop">> -> {stop, reason(Script)};
        Failure -> fail(Failure, Script)
    end.

handle_event(enter, Before, State, #{context := Context, enter := Enter} = Data) ->
    oracle_stage:event(Context, <<"enter">>, #{<<"state">> => atom_to_binary(State),
                                               <<"before">> => atom_to_binary(Before)}),
    decide(maps:get(atom_to_binary(State), Enter, #{}), none, State, Data);
handle_event({call, From}, Script, State, Data) ->
    event(<<"call">>, Script, From, State, Data);
handle_event(cast, Script, State, Data) ->
    event(<<"cast">>, Script, none, State, Data);
handle_event(info, {script, Script}, State, Data) ->
    event(<<"info">>, Script, none, State, Data);
handle_event(info, Other, _, #{context := Context}) ->
    oracle_stage:listens(Context, Other),
    keep_state_and_data;
handle_event(internal, Script, State, Data) ->
    event(<<"internal">>, Script, none, State, Data);
handle_event(_, Script, State, Data) ->
    event(<<"timeout">>, Script, none, State, Data).

event(Kind, #{<<"tag">> := Tag} = Script, From, State, #{context := Context} = Data) ->
    oracle_stage:event(Context, Kind, #{<<"tag">> => Tag, <<"state">> => atom_to_binary(State)}),
    [oracle_stage:keep(Context, Tag, From) || From =/= none],
    In = maps:get(<<"in">>, Script, #{}),
    decide(maps:get(atom_to_binary(State), In, #{}), From, State, Data).

decide(Decision, From, _, Data) ->
    Actions = actions(Decision, From, Data),
    case maps:get(<<"then">>, Decision, <<"keep">>) of
        <<"keep">> -> {keep_state_and_data, Actions};
        <<"repeat">> -> {repeat_state_and_data, Actions};
        <<"next">> -> {next_state, binary_to_atom(maps:get(<<"state">>, Decision)), Data, Actions};
        <<"stop">> -> {stop, reason(Decision)};
        <<"stop_reply">> -> {stop_and_reply, reason(Decision), [Reply || {reply, _, _} = Reply <- Actions]};
        Failure -> fail(Failure, Decision)
    end.

actions(Decision, From, Data) ->
    lists:append([action(Action, From, Data) || Action <- maps:get(<<"actions">>, Decision, [])]).

action(#{<<"act">> := <<"postpone">>}, _, _) -> [postpone];
action(#{<<"act">> := <<"reply">>, <<"value">> := Value}, From, _) -> [{reply, From, Value} || From =/= none];
action(#{<<"act">> := <<"next_event">>, <<"sort">> := <<"info">>, <<"script">> := Script}, _, _) ->
    [{next_event, info, {script, Script}}];
action(#{<<"act">> := <<"next_event">>, <<"sort">> := Sort, <<"script">> := Script}, _, _) ->
    [{next_event, binary_to_atom(Sort), Script}];
action(#{<<"act">> := <<"cancel">>} = Action, _, _) -> [{timer(Action), cancel}];
action(#{<<"act">> := <<"update">>, <<"script">> := Script} = Action, _, _) -> [{timer(Action), update, Script}];
action(#{<<"act">> := <<"timeout">>, <<"ms">> := Ms, <<"script">> := Script} = Action, _, #{context := Context}) ->
    [{timer(Action), oracle_stage:ms(Context, Ms), Script}].

timer(#{<<"timer">> := <<"state">>}) -> state_timeout;
timer(#{<<"timer">> := <<"event">>}) -> timeout;
timer(#{<<"timer">> := Name}) -> {timeout, Name}.

fail(<<"crash">>, #{<<"message">> := Message}) -> erlang:error({crash, Message});
fail(<<"exit">>, Script) -> exit(reason(Script)).

reason(#{<<"reason">> := Reason}) -> oracle_rest:symbol(Reason).

terminate(Reason, State, #{context := Context}) ->
    oracle_stage:event(Context, <<"terminate">>, #{<<"reason">> => oracle_rest:reason(Reason),
                                                   <<"state">> => atom_to_binary(State)}).
