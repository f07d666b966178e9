// SPDX-License-Identifier: Apache-2.0
// Tests of the client of an inspect endpoint.
//
// Goal    Each request gets its answer in time, or an error with a remedy. Data from a peer can neither
//         block nor fill the client.
// Method  An endpoint without a runtime, in a private folder.

#include "coppice/inspect_client.hpp"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.hpp"
#include "support/fake_endpoint.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

using namespace std::chrono_literals;
using inspect::client;
using nlohmann::json;

class inspect_client_test : public ::testing::Test {
  protected:
    std::string path_of(const std::string& name) const {
        return inspect::socket_folder() + "/" + name + ".sock";
    }
    static inspect::error refusal(const std::string& where) {
        try {
            client::connect(where, "test");
        } catch (const inspect::error& why) {
            return why;
        }
        return {-1, "it is connected"};
    }
    template <class Deed>
    static inspect::error error_of(Deed deed) {
        try {
            deed();
        } catch (const inspect::error& why) {
            return why;
        }
        return {-1, "nothing was thrown"};
    }

    scratch_folder home_;
    set_variable runtime_{"XDG_RUNTIME_DIR", home_.path()};
};

TEST_F(inspect_client_test, looks_for_sockets_below_the_runtime_folder_of_its_user) {
    EXPECT_EQ(inspect::socket_folder(), home_.path() + "/coppice");
}

TEST_F(inspect_client_test, looks_in_the_temporary_folder_without_a_runtime_folder) {
    for (const char* unfit : {"", "not/absolute"}) {
        const set_variable unset{"XDG_RUNTIME_DIR", unfit};
        const set_variable temporary{"TMPDIR", home_.path()};
        EXPECT_EQ(inspect::socket_folder(),
                  home_.path() + "/coppice-" + std::to_string(::geteuid()));
    }
}

TEST_F(inspect_client_test, greets_and_asks) {
    const fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    EXPECT_EQ(json::parse(connected.greeting()).at("version"), "1.2.3");
    EXPECT_EQ(json::parse(connected.request("tree")).at("roots").at(0).at("id"), "chat");
    EXPECT_EQ(json::parse(connected.request("whereis", R"({"name":"room:garden"})")).at("pid"),
              "<0.9.1>");
    EXPECT_EQ(chat.asked(), (std::vector<std::string>{R"(hello {"client":"test"})", "tree {}",
                                                      R"(whereis {"name":"room:garden"})"}));
}

TEST_F(inspect_client_test, connects_by_path_too) {
    const fake_endpoint chat{home_.path() + "/elsewhere/s"};
    EXPECT_TRUE(client::connect(chat.socket(), "test").is_open());
}

TEST_F(inspect_client_test, finds_a_suffixed_socket_by_name_unless_ambiguous) {
    const fake_endpoint second{path_of("chat.4711")};
    EXPECT_TRUE(client::connect("chat", "test").is_open());
    const fake_endpoint third{path_of("chat.4712")};
    EXPECT_EQ(refusal("chat").code(), 0);  // ambiguous
}

TEST_F(inspect_client_test, names_the_programs_that_can_be_reached) {
    EXPECT_EQ(std::string{refusal("shop").what()},
              "no program named shop can be reached: none is running; is its endpoint on? "
              "(--inspect)");
    const fake_endpoint chat{path_of("chat")};
    const fake_endpoint till{path_of("till"), "till"};
    EXPECT_EQ(std::string{refusal("shop").what()},
              "no program named shop can be reached: running are chat, till; is its endpoint on? "
              "(--inspect)");
    EXPECT_EQ(refusal("shop").code(), 0);
}

TEST_F(inspect_client_test, skips_stale_sockets_without_removing_them) {
    {
        const fake_endpoint gone{path_of("spare")};
    }
    const fake_endpoint chat{path_of("chat")};
    std::ofstream{path_of("file")} << "no socket";
    std::filesystem::create_directory(path_of("folder"));
    const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_of("stale").copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(stale, reinterpret_cast<const ::sockaddr*>(&address), sizeof address), 0);
    ::close(stale);

    const auto found = inspect::programs();

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].name, "chat");
    EXPECT_EQ(found[0].socket, chat.socket());
    EXPECT_TRUE(std::filesystem::exists(path_of("stale")));
    EXPECT_NE(std::string{refusal(path_of("stale")).what()}.find("does its program still run?"),
              std::string::npos);
}

TEST_F(inspect_client_test, does_not_follow_a_link_to_a_folder_in_the_place_of_its_own) {
    const fake_endpoint chat{home_.path() + "/other/chat.sock"};
    std::filesystem::create_directory_symlink(home_.path() + "/other", inspect::socket_folder());
    EXPECT_TRUE(inspect::programs().empty());
}

TEST_F(inspect_client_test, refuses_another_version_of_the_protocol) {
    fake_endpoint chat{path_of("chat")};
    chat.answer_with("hello", [](const json&) { return json{{"protocol", 2}}; });
    EXPECT_EQ(std::string{refusal("chat").what()},
              "chat speaks version 2 of the protocol, and this client version 1; use the coppice "
              "that the program was built with");
    chat.answer_with("hello", [](const json&) { return json::array(); });
    EXPECT_EQ(refusal("chat").code(), 0);
}

TEST_F(inspect_client_test, passes_on_errors_of_the_endpoint) {
    const fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    const auto why =
        error_of([&] { connected.request("exit", R"({"who":"nobody","reason":"kill"})"); });
    EXPECT_EQ(why.code(), 1);
    EXPECT_EQ(std::string{why.what()}, "noproc: there is no process nobody");
}

TEST_F(inspect_client_test, gives_up_in_time_and_takes_no_later_answer_for_another) {
    fake_endpoint chat{path_of("chat")};
    chat.leave_unanswered("info");
    auto connected = client::connect("chat", "test");
    const auto why = error_of([&] { connected.request("info", "{}", 1ms); });
    EXPECT_EQ(why.code(), 2);
    EXPECT_EQ(std::string{why.what()}, "chat did not answer info within 1 ms");
    chat.say(R"({"jsonrpc":"2.0","id":2,"result":"late"})"
             "\n");
    EXPECT_TRUE(json::parse(connected.request("tree")).is_object());
}

TEST_F(inspect_client_test, takes_times_at_their_edges) {
    fake_endpoint chat{path_of("chat")};
    chat.leave_unanswered("state");
    auto connected = client::connect("chat", "test");
    // inspect_client.hpp:within inspect_client.hpp:next_notification
    EXPECT_FALSE(connected.request("tree", "{}", std::chrono::hours::max()).empty());
    EXPECT_EQ(error_of([&] { connected.request("state", "{}", -1h); }).code(), 2);
    EXPECT_FALSE(connected.next_notification(std::chrono::hours::min()));
    auto waits = std::async(std::launch::async,
                            [&] { return connected.next_notification(std::chrono::hours::max()); });
    connected.request("subscribe", R"({"topic":"tree"})");
    EXPECT_TRUE(waits.get());
}

TEST_F(inspect_client_test, refuses_parameters_that_are_no_object) {
    const fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    for (const std::string unfit : {"", "[]", "{", "7"}) {
        EXPECT_EQ(error_of([&] { connected.request("tree", unfit); }).code(), -32602) << unfit;
    }
    EXPECT_EQ(chat.asked().size(), 1U);
}

TEST_F(inspect_client_test, sends_no_request_that_is_longer_than_the_protocol_allows) {
    const fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    const json large{{"name", std::string(1024 * 1024, 'x')}};
    EXPECT_EQ(error_of([&] { connected.request("whereis", large.dump()); }).code(), -32600);
    const json fits{{"name", std::string(1000 * 1000, 'x')}};
    EXPECT_EQ(connected.request("whereis", fits.dump()), R"({"pid":null})");
}

TEST_F(inspect_client_test, answers_each_of_several_threads_its_own) {
    fake_endpoint chat{path_of("chat")};
    chat.answer_with("state", [](const json& parameters) { return parameters; });
    auto connected = client::connect("chat", "test");
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 100; ++i) {
                const json mine{{"who", std::to_string(1000 * t + i)}};
                right += connected.request("state", mine.dump()) == mine.dump() ? 1 : 0;
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(right, 400);
}

TEST_F(inspect_client_test, keeps_notifications_until_they_are_taken) {
    fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    connected.request("subscribe", R"({"topic":"reports"})");
    chat.notify("reports", {{"text", "one"}});
    chat.notify("reports", {{"text", "two"}});
    chat.notify("events", {{"text", "not asked for"}});
    for (const char* text : {"one", "two"}) {
        const auto got = connected.next_notification(patience);
        ASSERT_TRUE(got);
        EXPECT_EQ(json::parse(*got),
                  (json{{"subscription", 1}, {"topic", "reports"}, {"data", {{"text", text}}}}));
    }
    EXPECT_FALSE(connected.next_notification(0ms));
}

TEST_F(inspect_client_test, drops_and_counts_the_oldest_of_too_many_notifications) {
    fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    connected.request("subscribe", R"({"topic":"events"})");
    for (std::size_t i = 0; i < inspect::notifications_max + 3; ++i) {
        chat.notify("events", i);
    }
    connected.request("tree");  // answered behind the notifications
    EXPECT_EQ(connected.notifications_lost(), 3U);
    EXPECT_EQ(json::parse(*connected.next_notification(0ms)).at("data"), 3);
}

TEST_F(inspect_client_test, tells_a_request_that_the_connection_is_lost) {
    fake_endpoint chat{path_of("chat")};
    chat.leave_unanswered("info");
    auto connected = client::connect("chat", "test");
    auto waits = std::async(std::launch::async,
                            [&] { return error_of([&] { connected.request("info"); }); });
    ASSERT_TRUE(eventually([&] { return chat.asked().size() == 2; }));
    chat.hang_up();
    const inspect::error why = waits.get();
    EXPECT_EQ(why.code(), 0);
    EXPECT_EQ(std::string{why.what()}, "the connection to chat is lost");
    EXPECT_FALSE(connected.is_open());
    EXPECT_EQ(error_of([&] { connected.request("tree"); }).code(), 0);
    EXPECT_FALSE(connected.next_notification(1h));
}

TEST_F(inspect_client_test, disconnects_from_a_peer_that_does_not_speak_the_protocol) {
    for (const std::string& strange :
         {std::string{"hello?\n"}, std::string{"[]\n"}, std::string(2000, '[') + "\n",
          std::string(inspect::message_bytes_max + 1, 'x')}) {
        fake_endpoint chat{path_of("chat")};
        auto connected = client::connect("chat", "test");
        chat.say(strange);
        EXPECT_TRUE(eventually([&] { return !connected.is_open(); })) << strange.substr(0, 10);
    }
}

TEST_F(inspect_client_test, ignores_unknown_messages) {
    fake_endpoint chat{path_of("chat")};
    auto connected = client::connect("chat", "test");
    chat.say(
        "{\"id\":99,\"result\":1}\n{\"method\":\"dance\"}\n{\"method\":7}\n{}\n{\"id\":null}\n");
    EXPECT_TRUE(json::parse(connected.request("tree")).is_object());
    EXPECT_FALSE(connected.next_notification(0ms));
}

TEST_F(inspect_client_test, can_be_moved) {
    const fake_endpoint chat{path_of("chat")};
    auto first = client::connect("chat", "test");
    client second = std::move(first);
    EXPECT_TRUE(second.is_open());
    second = client::connect("chat", "test");
    EXPECT_TRUE(json::parse(second.request("tree")).is_object());
}

}  // namespace
}  // namespace coppice::test
