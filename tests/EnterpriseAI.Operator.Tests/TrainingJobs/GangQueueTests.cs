using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.TrainingJobs.Gang;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Operator.Tests.TrainingJobs;

public sealed class GangQueueTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Two_jobs_of_six_GPUs_on_a_node_of_eight_run_one_after_the_other()
    {
        var rooms = Node(8);
        var (first, second) = (Job("a", 0, 6), Job("b", 1, 6));
        var answer = GangQueue.Ask(rooms, first.Pods, [second], "b");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(GangQueue.Ask(rooms, [], [first, second], "a").IsAdmitted);
            Assert.That(GangQueue.Ask(rooms, [], [first, second], "b").IsAdmitted, Is.False, "the first one takes its place before it has pods");
            Assert.That(answer.IsAdmitted, Is.False);
            Assert.That(answer.Reason, Is.EqualTo("needs 6 nvidia.com/gpu, 2 are free"));
            Assert.That(GangQueue.Ask(rooms, [], [second], "b").IsAdmitted, "the first one has ended");
        }
    }

    [Test]
    public void A_small_job_does_not_pass_a_large_one_of_its_queue()
    {
        var answer = GangQueue.Ask(Node(4), [], [Job("large", 0, 6), Job("small", 1, 1)], "small");
        Assert.That((answer.IsAdmitted, answer.Position), Is.EqualTo((false, 2)));
    }

    [Test]
    public void Another_queue_may_pass() =>
        Assert.That(GangQueue.Ask(Node(4), [], [Job("large", 0, 6), Job("small", 1, 1) with { Queue = "other" }], "small").IsAdmitted);

    [Test]
    public void A_higher_priority_goes_first() =>
        Assert.That(GangQueue.Ask(Node(8), [], [Job("early", 0, 6), Job("urgent", 5, 6) with { Priority = 10 }], "urgent").IsAdmitted);

    [Test]
    public void A_gang_needs_a_place_for_every_pod_on_some_node_not_only_enough_in_sum()
    {
        IReadOnlyList<NodeRoom> rooms = [.. Node(4), .. Node(4)];
        Assert.That(GangPlacement.Place(rooms, [Pod(3), Pod(3), Pod(2)]), Is.Null);
        Assert.That(GangPlacement.Place(rooms, [Pod(3), Pod(3), Pod(1)]), Is.Not.Null);
    }

    [Test]
    public void A_taint_keeps_out_who_does_not_tolerate_it()
    {
        IReadOnlyList<NodeRoom> rooms = [Node(8)[0] with { Taints = [new V1Taint { Key = "gpu", Effect = "NoSchedule" }] }];
        Assert.That(GangPlacement.Place(rooms, [Pod(1)]), Is.Null);
        Assert.That(GangPlacement.Place(rooms, [Pod(1) with { Tolerations = [new V1Toleration { Key = "gpu", Operator = "Exists" }] }]), Is.Not.Null);
    }

    [Test]
    public void What_is_admitted_together_never_exceeds_the_nodes()
    {
        var gangs = Gen.Choose(1, 9).ListOf().Where(l => l.Count is > 0 and < 8);
        Prop.ForAll(gangs.ToArbitrary(), sizes =>
        {
            var waiting = sizes.Select((gpus, i) => Job($"job-{i}", i, gpus)).ToList();
            var admitted = waiting.Where(j => GangQueue.Ask(Node(8), [], waiting, j.Id).IsAdmitted).Sum(j => j.Pods.Sum(p => p.Resources[ResourceDemand.Gpu]));
            return admitted <= 8;
        }).QuickCheckThrowOnFailure();
    }

    private static IReadOnlyList<NodeRoom> Node(int gpus) =>
        [new NodeRoom("node", new ResourceDemand(new Dictionary<string, decimal> { [ResourceDemand.Gpu] = gpus, ["pods"] = 110 }), new Dictionary<string, string>(), [])];

    private static PodDemand Pod(int gpus) =>
        PodDemand.Of(new V1PodSpec { Containers = [new V1Container { Resources = new V1ResourceRequirements { Limits = new Dictionary<string, string> { [ResourceDemand.Gpu] = $"{gpus}" } } }] });

    private static WaitingGang Job(string id, int minute, int gpus) =>
        new(id, "queue", 0, Noon.AddMinutes(minute), [.. Enumerable.Repeat(Pod(1), gpus)]);
}
