using System.CommandLine;
using EnterpriseAI.Audit;

namespace EnterpriseAI.Cli.Audit;

/// <summary><c>audit export</c>: copies the whole log into a folder, for verification elsewhere.</summary>
internal static class ExportCommand
{
    public static Command Build()
    {
        var url = LogAddress.Option();
        var output = new Option<DirectoryInfo>("--output") { Description = "Folder to copy into.", Required = true };
        var command = new Command("export", "Copy the whole audit log into a folder.") { url, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var checkpoint = await AuditExport.DownloadAsync(LogAddress.Connect(parsed.GetValue(url)!), parsed.GetValue(output)!.FullName, cancellationToken);
            Console.WriteLine($"{checkpoint.Size} entries of {checkpoint.Origin} copied to {parsed.GetValue(output)}");
            return 0;
        });
        return command;
    }
}
