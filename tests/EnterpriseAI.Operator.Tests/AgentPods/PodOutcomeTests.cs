using System.IO.Compression;
using System.Text;
using System.Text.Json;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.Tests.AgentPods;

public sealed class PodOutcomeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void No_pod_is_absent() => Assert.That(PodOutcome.Of(null).Phase, Is.EqualTo(PodPhase.Absent));

    [Test]
    public void A_pod_without_any_status_waits() =>
        Assert.That((PodOutcome.Of(new V1Pod()).Phase, PodOutcome.Of(new V1Pod()).Reason), Is.EqualTo((PodPhase.Waiting, "ContainerCreating")));

    [Test]
    public void A_running_container_runs() =>
        Assert.That(Of(new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Noon } }).Phase, Is.EqualTo(PodPhase.Running));

    [Test]
    public void A_success_carries_the_json_of_its_termination_message()
    {
        var outcome = Ended(0, """{"rows":344}""");
        Assert.That((outcome.Phase, outcome.ExitCode, outcome.FinishedAt), Is.EqualTo((PodPhase.Succeeded, 0, Noon)));
        Assert.That(outcome.Result.GetProperty("rows").GetInt32(), Is.EqualTo(344));
    }

    [Test]
    public void A_packed_message_is_unpacked() =>
        Assert.That(Ended(0, Packed("""{"rows":344}""")).Result.GetProperty("rows").GetInt32(), Is.EqualTo(344));

    private static IEnumerable<TestCaseData> Garbage()
    {
        var packed = Packed("""{"rows":344}""");
        yield return new TestCaseData(null).SetArgDisplayNames("none");
        yield return new TestCaseData("  \n").SetArgDisplayNames("blank");
        yield return new TestCaseData("Traceback (most recent call last):").SetArgDisplayNames("a program's own words");
        yield return new TestCaseData("""{"rows":34""").SetArgDisplayNames("cut json");
        yield return new TestCaseData("gzip:not base64!").SetArgDisplayNames("no base64");
        yield return new TestCaseData("gzip:" + Convert.ToBase64String("plain"u8)).SetArgDisplayNames("no gzip");
        yield return new TestCaseData(packed[..(packed.Length / 2 / 4 * 4 + 1)]).SetArgDisplayNames("cut gzip");
        yield return new TestCaseData(Packed($"\"{new string('a', 2 << 20)}\"")).SetArgDisplayNames("a bomb of 2 MiB");
    }

    [TestCaseSource(nameof(Garbage))]
    public void A_message_that_is_no_result_is_no_result_and_no_exception(string? message)
    {
        var outcome = Ended(0, message);
        Assert.That((outcome.Phase, outcome.Result.ValueKind), Is.EqualTo((PodPhase.Succeeded, JsonValueKind.Null)));
    }

    [Test]
    public void Random_messages_never_throw()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        TestContext.Out.WriteLine($"seed {seed}");
        var whole = Packed("""{"error":{"reason":"X","message":"y"}}""");
        for (var i = 0; i < 2000; i++)
        {
            var text = whole.ToCharArray();
            for (var change = random.Next(1, 6); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            Assert.That(() => Ended(i % 2, new string(text, 0, random.Next(text.Length + 1))), Throws.Nothing, $"seed {seed}");
        }
    }

    [Test]
    public void A_failure_says_what_the_agent_said()
    {
        var outcome = Ended(1, """{"error":{"reason":"FileNotFound","message":"penguins.csv is missing; put it on the volume"}}""");
        Assert.That((outcome.Phase, outcome.Reason, outcome.Message, outcome.IsRetryable), Is.EqualTo((PodPhase.Failed, "FileNotFound", "penguins.csv is missing; put it on the volume", false)));
    }

    [TestCase("""{"error":"boom"}""")]
    [TestCase("""{"error":{"reason":7,"message":"x"}}""")]
    [TestCase("""["error"]""")]
    [TestCase("""{"error":{"reason":"\ud800","message":"half a surrogate pair"}}""")]
    public void An_error_of_another_shape_falls_back_on_the_kubelet_s_reason(string message) =>
        Assert.That(Ended(1, message, "Error").Reason, Is.EqualTo("Error"));

    [Test]
    public void Of_a_program_s_own_words_the_first_line_is_shown() =>
        Assert.That(Ended(1, "ValueError: no column\n  File train.py\n").Message, Is.EqualTo("ValueError: no column"));

    [Test]
    public void Without_any_word_the_exit_code_is_shown() =>
        Assert.That((Ended(3, null).Reason, Ended(3, null).Message), Is.EqualTo(("Error", "the container exited with code 3; see its log")));

    [TestCase(1, false)]
    [TestCase(2, true)]
    [TestCase(126, false)]
    [TestCase(137, true)]
    [TestCase(139, false)]
    [TestCase(143, true)]
    public void Only_what_may_pass_is_worth_another_try(int code, bool retryable) =>
        Assert.That(Ended(code, null).IsRetryable, Is.EqualTo(retryable));

    [Test]
    public void An_evicted_pod_failed_and_is_worth_another_try()
    {
        var outcome = PodOutcome.Of(new V1Pod { Status = new V1PodStatus { Phase = "Failed", Reason = "Evicted", Message = "the node was low on memory" } });
        Assert.That((outcome.Phase, outcome.Reason, outcome.Message, outcome.ExitCode, outcome.IsRetryable), Is.EqualTo((PodPhase.Failed, "Evicted", "the node was low on memory", (int?)null, true)));
    }

    [TestCase("ErrImagePull")]
    [TestCase("ImagePullBackOff")]
    [TestCase("CreateContainerConfigError")]
    public void What_the_kubelet_waits_for_is_told(string reason)
    {
        var outcome = Of(new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = reason, Message = "no such image" } });
        Assert.That((outcome.Phase, outcome.Reason, outcome.Message), Is.EqualTo((PodPhase.Waiting, reason, "no such image")));
    }

    [TestCase("0/3 nodes are available: insufficient nvidia.com/gpu")]
    [TestCase("0/3 nodes are available: persistentvolumeclaim \"lake\" not found")]
    public void A_pod_without_a_node_tells_the_scheduler_s_reason(string message)
    {
        var outcome = PodOutcome.Of(new V1Pod { Status = new V1PodStatus { Phase = "Pending", Conditions = [new V1PodCondition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message }] } });
        Assert.That((outcome.Phase, outcome.Reason, outcome.Message), Is.EqualTo((PodPhase.Waiting, "Unschedulable", message)));
    }

    [Test]
    public void A_named_container_is_judged_not_its_neighbour()
    {
        var pod = new V1Pod
        {
            Status = new V1PodStatus
            {
                ContainerStatuses =
                [
                    new V1ContainerStatus { Name = "sidecar", State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = 1 } } },
                    new V1ContainerStatus { Name = "main", State = new V1ContainerState { Running = new V1ContainerStateRunning() } },
                ],
            },
        };
        Assert.That((PodOutcome.Of(pod, "main").Phase, PodOutcome.Of(pod, "sidecar").Phase), Is.EqualTo((PodPhase.Running, PodPhase.Failed)));
    }

    private static PodOutcome Ended(int code, string? message, string? reason = null) =>
        Of(new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Message = message, Reason = reason, FinishedAt = Noon } });

    private static PodOutcome Of(V1ContainerState state) =>
        PodOutcome.Of(new V1Pod { Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { Name = "main", State = state }] } });

    private static string Packed(string json)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(Encoding.UTF8.GetBytes(json));
        return "gzip:" + Convert.ToBase64String(packed.ToArray());
    }
}
