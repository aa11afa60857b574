using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(60_000)]
public sealed class HttpFetchTests
{
    private static readonly byte[] Content = FetchBench.Bytes(1_000_003);

    [Test]
    public async Task A_large_file_comes_in_chunks_over_several_connections_at_once()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        var together = new TaskCompletionSource();
        var waiting = 0;
        server.Before = async request =>
        {
            // The first request is alone; of those after it three must be under way before any is answered.
            if (request.Number > 0 && Interlocked.Increment(ref waiting) == 3)
            {
                together.TrySetResult();
            }

            await (request.Number == 0 ? Task.CompletedTask : together.Task.WaitAsync(TimeSpan.FromSeconds(20)));
            return null;
        };

        var result = await bench.FetchAsync(bench.Request(server.At("/model.onnx")) with { Connections = 3 });

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(result.Digest, Is.EqualTo(ModelDigest.OfBytes(Content).ToString()));
        Assert.That(server.Sent, Is.EqualTo(Content.Length), "no byte comes twice");
        Assert.That(server.Requests.Skip(1).Select(request => request.Head), Has.All.Contain("If-Range: \"v1\""));
        bench.AssertLeft("got");
    }

    [Test]
    public async Task A_time_tells_versions_apart_as_well_and_without_either_the_file_comes_in_one_piece()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer
        {
            Files =
            {
                ["/dated"] = new ServedFile(Content) { LastModified = "Mon, 01 Jan 2018 10:00:00 GMT" },
                ["/weak"] = new ServedFile(Content, "W/\"v1\""),
                ["/none"] = new ServedFile(Content),
            },
        };

        foreach (var path in (string[])["/dated", "/weak", "/none"])
        {
            await bench.FetchAsync(bench.Request(server.At(path)));
            Assert.That(bench.Got, Is.EqualTo(Content), path);
        }

        Assert.That(server.Requests.Count(request => request.Path == "/dated" && request.Head.Contains("If-Range: Mon, 01 Jan 2018", StringComparison.Ordinal)), Is.EqualTo(15), "all but the first");
        Assert.That(server.Requests.Count(request => request.Path == "/weak"), Is.EqualTo(2));
        Assert.That(server.Requests.Count(request => request.Path == "/none"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_file_that_changes_midway_is_fetched_anew([Values] bool conditionsAreIgnored)
    {
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") { IgnoresConditions = conditionsAreIgnored } } };
        server.Before = request =>
        {
            if (request.Number == 5)
            {
                server.Files["/model.onnx"] = new ServedFile(next, "\"v2\"") { IgnoresConditions = conditionsAreIgnored };
            }

            return Task.FromResult<Misbehaviour?>(null);
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(bench.Got, Is.EqualTo(next));
        Assert.That(bench.Said.ToString(), Does.Contain("the server has another file there than when the download began; starting anew"));
    }

    [Test]
    public async Task A_file_that_changes_again_and_again_is_given_up()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        server.Before = request =>
        {
            server.Files["/model.onnx"] = new ServedFile(Content, $"\"v{request.Number}\"");
            return Task.FromResult<Misbehaviour?>(null);
        };

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("SourceChanged", AgentFailure.Retryable)));
        Assert.That(File.Exists(bench.Target), Is.False);
    }

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(16)]
    public async Task Whatever_breaks_the_bytes_are_right(int connections)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Out.WriteLine($"ENTERPRISEAI_SEED={seed}");
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            using var bench = new FetchBench();
            var content = FetchBench.Bytes(random.Next(3) == 0 ? random.Next(3) : random.Next(1_500_000), round);
            await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(content, random.Next(4) == 0 ? null : "\"v1\"") { IgnoresRanges = random.Next(5) == 0 } } };
            var faults = new Random(random.Next());
            server.Before = _ =>
            {
                lock (faults)
                {
                    return Task.FromResult(faults.Next(8) switch
                    {
                        0 => Misbehaviour.Status(503),
                        1 => new Misbehaviour { Raw = "HTT" },
                        2 => new Misbehaviour { BreakAfter = faults.Next(70_000) },
                        _ => null,
                    });
                }
            };

            var request = bench.Request(server.At("/model.onnx"), ModelDigest.OfBytes(content)) with
            {
                Connections = connections,
                ChunkBytes = random.Next(1_000, 200_000),
                Retries = 50,
                Backoff = TimeSpan.Zero,
            };
            await bench.FetchAsync(request);

            Assert.That(bench.Got.AsSpan().SequenceEqual(content), $"round {round}");
            bench.AssertLeft("got");
        }
    }

    [Test]
    public async Task What_an_ended_process_left_is_taken_up_chunk_by_chunk()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        using var killed = new CancellationTokenSource();
        var stop = true;
        server.Before = async request =>
        {
            if (stop && request.Number == 8)
            {
                await killed.CancelAsync();
            }

            return null;
        };
        var wanted = bench.Request(server.At("/model.onnx"), ModelDigest.OfBytes(Content)) with { Connections = 2 };

        await Assert.ThrowsAsync(Is.InstanceOf<OperationCanceledException>(), () => bench.FetchAsync(wanted, killed.Token));
        stop = false;
        server.Sent = 0;
        await bench.FetchAsync(wanted);

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(server.Sent, Is.LessThan(Content.Length * 2 / 3).And.GreaterThan(0), "only what was missing came");
        bench.AssertLeft("got");
    }

    [Test]
    public async Task A_left_part_of_other_bytes_is_found_out_by_the_digest()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        var wanted = bench.Request(server.At("/model.onnx"), ModelDigest.OfBytes(Content));
        using (var left = PartialFile.Create(bench.Target + ".partial", new PartialFileHeader("\"v1\"", Content.Length, wanted.ChunkBytes)))
        {
            left.Mark(0);
        }

        await bench.FetchAsync(wanted);

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(bench.Said.ToString(), Does.Contain("the part left by an earlier attempt does not fit; starting anew"));
    }

    [Test]
    public async Task A_file_without_a_version_that_changes_while_it_is_gone_on_with_is_fetched_anew()
    {
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content) } };
        server.Before = request =>
        {
            if (request.Number == 2)
            {
                server.Files["/model.onnx"] = new ServedFile(next);
            }

            return Task.FromResult(request.Number == 1 ? new Misbehaviour { BreakAfter = 300_000 } : null);
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx"), ModelDigest.OfBytes(next)));

        Assert.That(bench.Got, Is.EqualTo(next));
        Assert.That(server.Requests.ElementAt(2).Head, Does.Contain("Range: bytes=300000-"), "it was gone on with");
    }

    [Test]
    public async Task A_file_that_is_wrong_each_time_it_is_gone_on_with_is_fetched_anew_once()
    {
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content) } };
        var rounds = 0;
        server.Before = request =>
        {
            // Without a version the file comes in one piece, here each time in two.
            var isWhole = !request.Head.Contains("\r\nRange: ", StringComparison.Ordinal);
            if (isWhole && ++rounds == 3)
            {
                server.Files["/model.onnx"] = new ServedFile(next);
            }

            return Task.FromResult(isWhole ? new Misbehaviour { BreakAfter = 300_000 } : null);
        };

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx"), ModelDigest.OfBytes(next)));

        Assert.That((failure.Reason, rounds), Is.EqualTo(("DigestMismatch", 2)));
        bench.AssertLeft();
    }

    [Test]
    public async Task An_answer_that_ends_before_the_file_does_is_gone_on_with()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        server.Before = request =>
        {
            server.Files["/model.onnx"] = new ServedFile(Content, "\"v1\"") { IgnoresRanges = request.Number == 0 };
            return Task.FromResult(request.Number switch
            {
                0 => new Misbehaviour { BreakAfter = 40_000 },
                1 => new Misbehaviour { AsIfAsked = "40000-49999" },
                _ => null,
            });
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(server.Requests.ElementAt(2).Head, Does.Contain("Range: bytes=50000-"));
    }

    [Test]
    public async Task A_chunk_of_another_place_is_not_put_into_this_one()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        server.Before = request => Task.FromResult(request.Number == 1 ? new Misbehaviour { AsIfAsked = "0-65535" } : null);

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")) with { Connections = 1 });

        Assert.That(bench.Got, Is.EqualTo(Content));
    }

    [Test]
    public async Task Two_files_behind_one_address_are_not_put_together()
    {
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await using var server = new FileServer();
        server.Before = request =>
        {
            // Of several servers behind the address one is ahead of the others.
            server.Files["/model.onnx"] = request.Number == 1 ? new ServedFile(next, "\"v2\"") : new ServedFile(Content, "\"v1\"");
            return Task.FromResult(request.Number == 0 ? new Misbehaviour { BreakAfter = 0 } : null);
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")) with { Connections = 1 });

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(server.Requests.ElementAt(1).Head, Does.Contain("Range: bytes=0-65535").And.Contain("If-Range: \"v1\""), "the chunk that broke off was asked for again, and all of it came");
    }

    [Test]
    public async Task A_server_that_sends_a_chunk_byte_by_byte_is_given_up()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };

        // In the end it sends the rest, so that only who counts gives up.
        server.Before = request => Task.FromResult(request.Number is > 0 and < 20 ? new Misbehaviour { AsIfAsked = $"{65_535 + request.Number}-{65_535 + request.Number}" } : null);

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")) with { Connections = 1 });

        Assert.That(failure.Message, Does.Contain("could not be fetched in 4 attempts: the connection ended too early"));
        Assert.That(server.Requests, Has.Count.EqualTo(5), "the first chunk, and one byte of the second in each attempt");
    }

    [Test]
    public async Task An_empty_file_is_a_file()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/empty"] = new ServedFile([], "\"v1\"") } };

        Assert.That((await bench.FetchAsync(bench.Request(server.At("/empty")))).Bytes, Is.Zero);
        Assert.That(bench.Got, Is.Empty);
    }

    [Test]
    public async Task A_size_that_is_too_large_is_refused_before_it_comes()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")) with { MaxBytes = 500_000 });

        Assert.That(failure.Reason, Is.EqualTo("ArtifactTooLarge"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_server_is_given_the_time_that_it_asks_for()
    {
        var waits = new List<TimeSpan>();
        using var bench = new FetchBench { Time = new ShortenedTime(waits) };
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        server.Before = request => Task.FromResult(request.Number < 2 ? Misbehaviour.Status(request.Number == 0 ? 503 : 429, "Retry-After: 17\r\n") : null);

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(waits, Is.EqualTo([TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(17)]));
        Assert.That(bench.Said.ToString(), Does.Contain("the server answered 503; attempt 2 of 4 in 17 s"));
    }

    [Test]
    public async Task A_server_that_sends_nothing_is_left()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        using var never = new CancellationTokenSource();
        server.Before = async request =>
        {
            if (request.Number < 2)
            {
                await Task.Delay(Timeout.Infinite, never.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            return null;
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")) with { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        await never.CancelAsync();

        Assert.That(bench.Said.ToString(), Does.Contain("the server sent nothing for 0.2 s"));
        Assert.That(bench.Got, Is.EqualTo(Content));
    }

    [Test]
    public async Task Packed_answers_are_refused()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") { More = "Content-Encoding: gzip\r\n" } } };

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(failure.Reason, Is.EqualTo("EncodingRefused"));
        Assert.That(server.Requests.Single().Head, Does.Contain("Accept-Encoding: identity"));
    }

    [TestCase("https://host/model.tar")]
    [TestCase("https://host/model.TAR.GZ?x=y")]
    [TestCase("http://host/a/model.zip")]
    [TestCase("s3://bucket/model.tgz")]
    public async Task Archives_are_not_unpacked(string address)
    {
        using var workspace = new Workspace();

        var run = await workspace.AgentAsync(["fetch", "--from", address, "--to", workspace.At("got")]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error, Does.Contain("archives are not unpacked; give the model's file, or a folder"));
        Assert.That(run.TerminationLog, Does.Contain("ArchiveNotSupported"));
    }

    [Test]
    public async Task Progress_is_said_at_intervals()
    {
        using var bench = new FetchBench { Time = new FastTime() };
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(bench.Said.ToString(), Does.Match(@"localhost:[0-9]+/model\.onnx: [0-9.]+ KiB of 976\.6 KiB \([0-9]+ %\), [0-9.]+ .*/s"));
    }

    // Waits end at once, and their lengths are known afterwards; the limits on idling stay as they are.
    private sealed class ShortenedTime(List<TimeSpan> waits) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == TimeSpan.FromSeconds(30) || dueTime < TimeSpan.Zero)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
        }
    }

    // Each look at the clock is a second later.
    private sealed class FastTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _now);
    }
}
