//! Many jobs as one.

use super::error::TransferError;
use super::job::{Found, Job, What};
use super::manager::TransferManager;
use super::work::Item;
use crate::client::AnyClient;
use crate::error::Result;

impl<C: AnyClient> TransferManager<C> {
    /// Combines jobs of single objects of this manager into one job, which shares its threads among them. A job is taken from the
    /// iterator when there is a thread for it, so there may be millions. An error of the iterator ends it.
    ///
    /// Progress and cancellation are those of the combined job. [`Job::on_end`] is called for each of the others.
    ///
    /// ```
    /// # use tucuxi::{Client, Config, transport::Replay};
    /// # let config = Config::builder().isolated().region("eu-west-1").unsigned().build()?;
    /// # let replay = Replay::new().respond(200, &[("etag", "\"e\"")], "").respond(204, &[], "");
    /// # let client = Client::with_transport(config, replay)?;
    /// # let s3 = client.transfer_with(tucuxi::transfer::TransferConfig::default().concurrency(1))?;
    /// let upload = s3.upload("a small fish", "river", "fish.txt");
    /// let deletion = s3.delete("river", "worm.txt");
    /// let report = s3.many([Ok(upload), Ok(deletion)]).run()?;
    /// assert_eq!(report.objects, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn many<'j, I>(&self, jobs: I) -> Job<'j, C>
    where
        I: IntoIterator<Item = Result<Job<'j, C>>>,
        I::IntoIter: Send + 'j,
    {
        let jobs = jobs.into_iter();
        Job::many(&self.shared, move |context, _| {
            let context = context.clone();
            let items = jobs.map(move |job| {
                let job = job?;
                match job.what {
                    What::One(one) => one.work(&context, job.args).map(Item::Work),
                    What::Many(_) => {
                        let text = "a job of many objects cannot be one of many jobs";
                        Err(TransferError::Unsupported(text.to_owned()).into())
                    }
                }
            });
            Ok(Found::new(items))
        })
    }
}
