using EnterpriseAI.Gateway.Routing;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class WeightedChoiceTests
{
    private const int Draws = 5_000;

    [Test]
    public void The_share_of_the_candidate_is_its_weight_within_binomial_bounds()
    {
        var weights = Gen.Choose(0, 100).Two().Zip(Gen.Choose(0, int.MaxValue), (pair, seed) => (pair.Item1, pair.Item2, seed)).ToArbitrary();
        Prop.ForAll(weights, ((int Stable, int Candidate, int Seed) c) =>
        {
            var share = c.Candidate == 0 ? 0 : (double)c.Candidate / (c.Candidate + c.Stable);
            var observed = CandidateDraws(c.Stable, c.Candidate, c.Seed);
            // Six standard deviations: one false alarm in half a billion runs.
            return Math.Abs(observed - (Draws * share)) <= 6 * Math.Sqrt(Draws * share * (1 - share));
        }).QuickCheckThrowOnFailure();
    }

    [TestCase(100, 0, 0)]
    [TestCase(0, 0, 0)]
    [TestCase(0, 100, Draws)]
    [TestCase(0, 1, Draws)]
    public void None_and_all_are_exact(int stable, int candidate, int expected) =>
        Assert.That(CandidateDraws(stable, candidate, seed: 1), Is.EqualTo(expected));

    [Test]
    public void A_candidate_without_endpoints_leaves_its_share_to_the_stable_revision()
    {
        var service = Routes.Bind(Routes.Table(Routes.Service(Routes.Revision("a", 5, Routes.Address(1)), Routes.Revision("b", 95))))[0];
        var random = new Random(7);

        Assert.That(Enumerable.Range(0, Draws).Select(_ => service.Choose(random)?.Route.Name), Is.All.EqualTo("a"));
    }

    [Test]
    public void A_stable_revision_without_endpoints_is_not_replaced_by_the_candidate()
    {
        var service = Routes.Bind(Routes.Table(Routes.Service(Routes.Revision("a", 95), Routes.Revision("b", 5, Routes.Address(1)))))[0];
        var random = new Random(7);
        var chosen = Enumerable.Range(0, Draws).Select(_ => service.Choose(random)?.Route.Name).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(chosen.Count(name => name == "b"), Is.InRange(150, 350));
            Assert.That(chosen.Count(name => name is null), Is.EqualTo(Draws - chosen.Count(name => name == "b")));
        });
    }

    [Test]
    public void Of_several_endpoints_the_busiest_is_never_chosen_and_the_excluded_one_neither()
    {
        var loads = Gen.Choose(0, 20).ArrayOf().Where(array => array.Length is >= 2 and <= 12).Zip(Gen.Choose(0, int.MaxValue)).ToArbitrary();
        Prop.ForAll(loads, ((int[] Loads, int Seed) c) =>
        {
            var revision = Endpoints(c.Loads);
            var random = new Random(c.Seed);
            var max = c.Loads.Max();
            var busiestIsOne = c.Loads.Count(load => load == max) == 1;
            var excluded = revision.Endpoints[c.Seed % c.Loads.Length];
            return Enumerable.Range(0, 200).All(_ =>
                !(busiestIsOne && revision.ChooseEndpoint(random).InFlight == max) && revision.ChooseEndpoint(random, excluded) != excluded);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Equally_busy_endpoints_get_equal_shares()
    {
        var revision = Endpoints([3, 3, 3, 3]);
        var random = new Random(11);
        var counts = Enumerable.Range(0, 40_000).Select(_ => revision.ChooseEndpoint(random)).CountBy(endpoint => endpoint.Address).ToList();

        Assert.That(counts.Select(pair => pair.Value), Is.All.InRange(9_400, 10_600));
    }

    private static LiveRevision Endpoints(int[] loads)
    {
        var addresses = Enumerable.Range(1, loads.Length).Select(Routes.Address).ToArray();
        var revision = Routes.Bind(Routes.Table(Routes.Service(Routes.Revision("a", 100, addresses))))[0].Stable!;
        for (var i = 0; i < loads.Length; i++)
            for (var n = 0; n < loads[i]; n++)
                revision.Endpoints[i].Enter();
        return revision;
    }

    private static int CandidateDraws(int stable, int candidate, int seed)
    {
        var service = Routes.Bind(Routes.Table(Routes.Service(
            Routes.Revision("a", stable, Routes.Address(1)), Routes.Revision("b", candidate, Routes.Address(2)))))[0];
        var random = new Random(seed);
        return Enumerable.Range(0, Draws).Count(_ => service.Choose(random)?.Route.Name == "b");
    }
}
