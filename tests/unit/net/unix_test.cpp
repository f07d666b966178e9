// SPDX-License-Identifier: Apache-2.0
// Goal    A Unix socket reports the identity of the peer. The socket file has the requested mode from the
//         start. A process can create its own sockets without help from outside threads.

#include <sys/stat.h>
#include <sys/un.h>

#include "net_world.hpp"
#include "support/program_files.hpp"

namespace coppice::test {
namespace {

class a_unix_socket : public with_workers {
  protected:
    scratch_folder folder_;
    std::string path_ = folder_.path() + "/socket";
};
INSTANTIATE_TEST_SUITE_P(workers, a_unix_socket, ::testing::Values(1U, 2U, 4U));

/// Waits until a listener accepts at the path. The file exists before: it is bound first.
int connect_to(const std::string& path) {
    const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_TRUE(eventually(
        [&] { return ::connect(file, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0; }));
    return file;
}

TEST_P(a_unix_socket, tells_the_credentials_of_its_peer) {
    const net::listener source = on_.io.listen(net::unix_path{path_});
    const int peer = connect_to(path_);
    on_.run([&]() -> task<> {
        source.accept_next(self());
        const auto taken = co_await receive<net::accepted>();
        const auto told = taken.connection.peer_credentials();
        EXPECT_TRUE(told.has_value());
        EXPECT_EQ(told, (net::credentials{::getpid(), ::geteuid(), ::getegid()}));
    });
    ::close(peer);
}

TEST_P(a_unix_socket, gives_no_credentials_for_tcp_and_empty_sockets) {
    auto [connection, peer] = on_.pair();
    EXPECT_FALSE(connection.peer_credentials().has_value());
    EXPECT_FALSE(net::socket{}.peer_credentials().has_value());
}

TEST_P(a_unix_socket, has_the_mode_that_was_asked_for) {
    for (const unsigned mode : {0600U, 0640U, 0777U}) {
        const mode_t before = ::umask(0);
        const net::listener source = on_.io.listen(net::unix_path{path_, mode});
        ::umask(before);
        struct stat found{};
        ASSERT_EQ(::stat(path_.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 0777U, mode);
    }
}

TEST_P(a_unix_socket, belongs_to_a_process_that_makes_its_service_itself) {
    const std::string path = path_;
    const pid owner = on_.world.spawn([path]() -> task<> {
        const net::service own;
        const net::listener source = own.network().listen(net::unix_path{path});
        for (;;) {
            source.accept_next(self());
            const auto taken = co_await receive<net::accepted>();
            taken.connection.write("hello");
            taken.connection.read_next(self());
            co_await receive<net::disconnected>();
        }
    });
    const int peer = connect_to(path);
    char said[5];
    EXPECT_EQ(::recv(peer, said, sizeof said, MSG_WAITALL), 5);
    EXPECT_EQ((std::string{said, sizeof said}), "hello");
    end_of_world_process(on_.world, owner);
    EXPECT_EQ(::recv(peer, said, 1, 0), 0);  // closed by the owner's end
    EXPECT_FALSE(std::filesystem::exists(path));
    ::close(peer);
}

TEST(a_service_without_a_runtime, is_made_by_a_process_on_a_real_clock) {
    EXPECT_THROW(net::service{}, std::logic_error);
    runtime_options simulated = testing::sim_world::quiet();
    simulated.clock = clock_kind::simulated;
    runtime world{simulated};
    world.start();
    bool refused = false;
    world.run([&] {
        try {
            const net::service none;
        } catch (const std::logic_error&) {
            refused = true;
        }
    });
    EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace coppice::test
